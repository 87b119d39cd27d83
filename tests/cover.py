"""How much of the harness unit and flow tests execute, branches included; measured where ./scripts/test asks for it.

Every process measures itself: those of pytest from their first line, each command that `tests/player.py` plays from the
first line of the harness. Real starts, workers and real builds are not measured. Nothing is imported unless it is asked
for by the variable: `1` at first, then the folder that takes what the processes have seen.
"""

import contextlib
import io
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VARIABLE = "TESTS_COVERAGE"
_SHOWN = 8
# So much above the floor it should rise: less is what differs between nodes, and from one time to the next.
_ROOM = 2.0


def begin() -> None:
    """Make the folder where it is asked for; those that are started later find its path in the variable."""
    if os.environ.get(VARIABLE) == "1":
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="harness-coverage-")


def measure(folder: str | None) -> Callable[[], None]:
    """Measure this process from now on; return what keeps in a folder what was seen. Nothing without a folder."""
    if not folder:
        return lambda: None
    covered = _make(folder)
    covered.start()

    def keep() -> None:
        # A command may end without room, memory or descriptors: that is what its test is about.
        with contextlib.suppress(Exception):
            covered.stop()
            covered.save()

    return keep


def report(folder: Path) -> tuple[str, bool]:
    """Return what there is to say of all processes together, and whether it is enough; the folder is removed."""
    covered = _make(str(folder))
    covered.combine([str(folder)])
    lines = io.StringIO()
    total = covered.report(file=lines, show_missing=False)
    shutil.rmtree(folder)
    rows = [line.split() for line in lines.getvalue().splitlines()]
    least = sorted((float(row[-1].rstrip("%")), row[0]) for row in rows if row and row[0].startswith("harness/"))
    floor = float(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["report"]["fail_under"])
    said = [
        f"{total:.1f} % of statements and branches by unit and flow tests; the floor is {floor:g} % (pyproject.toml)"
    ]
    said += [f"least: {', '.join(f'{name} {share:.0f} %' for share, name in least[:_SHOWN])}"]
    if total < floor:
        said.append("that is less than the floor: add tests for what the change has left without")
    elif total >= floor + _ROOM:
        said.append(f"the floor can rise: fail_under = {int(total - _ROOM / 2)} in pyproject.toml")
    return "\n".join(said), total >= floor


def _make(folder: str) -> Any:
    import coverage

    return coverage.Coverage(
        data_file=f"{folder}/seen",
        data_suffix=True,
        config_file=str(ROOT / "pyproject.toml"),
        source=[str(ROOT / "harness")],
    )
