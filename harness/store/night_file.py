"""The report of a night on disk: one small file beside the bundles, written when the night has ended.

results/<node>/<yyyy-mm>/<id>-night.json
"""

import shlex
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UnreadableError
from harness.plan.run import is_plain
from harness.records.night_report import NightReport
from harness.store.bundle import NIGHT, month_folder
from harness.store.json_file import read_run
from harness.store.stored_kind import StoredKind, find_named, list_stored, save_stored

# The word for the newest night.
LATEST = "night"
KIND = StoredKind("night", NIGHT, LATEST, "harness nightly")
# A second, looked at so often; a clock that stands still is not waited for.
_LOOKS, _PAUSE_S = 30, 0.05


def save_night(results: Path, report: NightReport) -> Path:
    """Write the complete file of a night, and return its path."""
    return save_stored(results, night_path(results, report), report)


def await_free_id(results: Path, node: str) -> None:
    """Wait until this second has no night of the node: the report of one that begins now would replace that report."""
    for _ in range(_LOOKS):
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        if not (month_folder(results, node, name) / f"{name}{NIGHT}").exists():
            break
        time.sleep(_PAUSE_S)


def night_path(results: Path, report: NightReport) -> Path:
    """Return the file of a night."""
    return month_folder(results, report.node, report.id) / f"{report.id}{NIGHT}"


def name_night(results: Path, word: str) -> Path | None:
    """Return the file of the night that a word names, on any node, or None; see `find_named`."""
    return find_named(results, word, KIND)


def load_night(path: Path) -> NightReport:
    """Return the report in a file, whoever made it; raises UnreadableError for one that cannot be used."""
    report = read_run(path, NightReport)
    flaw = "" if is_plain(report.node) else f"it names the node {report.node!r}"
    if not flaw and path.name != f"{report.id}{NIGHT}":
        flaw = f"it names the night {report.id}"
    if flaw:
        raise UnreadableError(f"{path} cannot be used", cause=flaw, hint=f"rm {shlex.quote(str(path))}")
    return report


def list_nights(results: Path, node: str) -> list[Path]:
    """Return the files of the nights of a node, the latest first."""
    return list_stored(results, KIND, node)


def load_nights(results: Path, node: str, most: int, note: Callable[[str], None]) -> tuple[NightReport, ...]:
    """Return the newest reports of a node, the latest first; those that cannot be read are named."""
    found: list[NightReport] = []
    for path in list_stored(results, KIND, node)[:most]:
        try:
            found.append(load_night(path))
        except UnreadableError as error:
            note(f"ignored: {error.line}")
    return tuple(found)


def list_reported(results: Path, wanted: str = "") -> dict[str, tuple[str, ...]]:
    """Return when each node, or the one that is `wanted`, began the nights that it reported, in ISO 8601.

    The names of their files are enough for that.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in reversed(list_stored(results, KIND, wanted)):
        if start := _read_start(path.name.removesuffix(NIGHT)):
            found[path.parents[1].name].append(start)
    return {node: tuple(starts) for node, starts in found.items()}


def _read_start(stamp: str) -> str:
    """Return the moment that an id names, empty for another name."""
    day, _, time = stamp.removesuffix("Z").partition("T")
    if len(day) != 8 or len(time) != 6 or not (day + time).isdecimal():
        return ""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}+00:00"
