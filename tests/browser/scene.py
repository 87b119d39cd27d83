"""Results as a few nodes leave them.

A night that confirmed a regression and found its commit, imported reports, a bundle that is broken, and a node whose
texts are all hostile.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.answer import result_of
from tests.browser.injection import INJECTIONS
from tests.flow.kit import Kit
from tests.flow.test_flow_nightly import Branch
from tests.ghost import write_reports

GHOST = "ggml-2-x86-cpu"
TWIN = "node-2"
BROKEN = "20260101T000000Z-00000000-11111111"
# One component of a path, as the name of a node has to be.
HOSTILE = "<img src=x onerror=__ran()>'\"{{7*7}}"
_COMMITS, _SLOW = 24, 18


class Scene:
    """A results folder, and the kit with which more of it can be made."""

    def __init__(self, folder: Path, weights: Path) -> None:
        self.kit = Kit(folder, weights)
        self.branch = Branch(self.kit)
        self.branch.add(*(f"c{number}" for number in range(1, _COMMITS)))
        self.branch.slow_from(_SLOW)
        self.branch.remember(self.branch.shas[: _COMMITS - 2], since=_SLOW)
        self.pattern = self.kit.bundles()[0]
        self.record: dict[str, Any] = json.loads((self.pattern / "run.json").read_text())
        night = self.branch.night()
        assert night.returncode == 20, night.stderr

    @property
    def results(self) -> Path:
        return self.kit.results

    def write(self, *words: str, code: int = 5) -> Path:
        """Write the site, and return its folder; a bundle that cannot be read makes the code 5."""
        folder = self.kit.folder / "site"
        done = self.kit.harness("site", "-o", str(folder), *words)
        assert done.returncode == code, done.stderr
        return folder

    def put(self, node: str, number: int, *, name: str = "", factor: float = 1.0, **texts: str) -> None:
        """Store a run of commit `number` on a node; `texts` replace what its record says."""
        day = datetime.now(UTC).replace(microsecond=0) - timedelta(days=_COMMITS - number)
        sha = self.branch.shas[number]
        run_id = name or f"{day:%Y%m%dT%H%M%SZ}-{sha[:8]}-{self.record['id'].rpartition('-')[2]}"
        made = self.branch.alter(self.record, run_id, sha, day, factor)
        made["node"]["name"] = node
        # One node with fifty series is enough.
        made["results"] = [one for one in made["results"] if "mul_mat" not in one["step"]]
        _change(made, texts)
        self.branch.write(self.pattern, run_id, made, node)


def make_scene(folder: Path, weights: Path) -> Scene:
    """Return a scene with everything in it but what is hostile."""
    scene = Scene(folder, weights)
    for number in range(_COMMITS):
        # The other node got faster at the same commit: two nodes need not agree.
        scene.put(TWIN, number, factor=0.9 if number >= _SLOW else 1.0 + 0.001 * (number % 5))
    write_reports(folder / "tree" / "whisper.cpp", GHOST)
    done = scene.kit.harness("import", str(folder / "tree" / "whisper.cpp"))
    assert done.returncode == 0, done.stderr
    broken = scene.results / TWIN / "2026-01" / BROKEN
    broken.mkdir(parents=True)
    (broken / "run.json").write_text("{")
    return scene


def add_hostile(scene: Scene) -> None:
    """Put injections wherever somebody else's text may be: commits, names, reasons, logs, notes, whole reports."""
    count = len(scene.branch.shas)
    for number, text in enumerate(INJECTIONS):
        # A step by which some of these series become events.
        scene.put(HOSTILE, number % count, name=_name(number), factor=1.3 if number % count > _SLOW else 1.0, any=text)
    events = result_of(scene.kit.harness("events", "--json").stdout)["events"]
    notes = []
    for one, text in zip(events, INJECTIONS, strict=False):
        quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
        notes.append(f'[{one["id"]}]\nstate = "acknowledged"\nnote = {quoted}\nwho = {quoted}\n')
    (scene.results / "triage.toml").write_text("".join(notes), encoding="utf-8")


def _name(number: int) -> str:
    return f"20260102T{number // 60:02d}{number % 60:02d}00Z-{number:08x}-11111111"


def _change(record: dict[str, Any], texts: dict[str, str]) -> None:
    """Replace the texts that a stranger's record may hold."""
    if text := texts.get("any"):
        record["source"]["commit"] |= {"message": f"{text}\n\n{text}", "author": text}
        record["node"] |= {"os": text, "kernel": text, "hypervisor": text}
        record["node"]["cpu"]["brand"] = text
        record["caveats"] = [{"code": "noisy", "message": text}]
        record["environment"] = [["CFLAGS", text]]
        for result in record["results"]:
            result["reason"] = text
