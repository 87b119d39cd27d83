"""How much of the harness the unit tests execute, branches included; measured where ./scripts/test asks for it.

Every process of pytest measures itself from its first line, as modules are imported when tests are collected; later
it measures unit tests alone. The others start hundreds of processes, and each of these would be slower. Nothing is
imported unless it is asked for by the variable: `1` at first, then the folder for what the processes have seen.
"""

import io
import os
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VARIABLE = "TESTS_COVERAGE"
_SHOWN = 8
# So much above the floor it should rise: less is what differs between nodes, and from one time to the next.
_ROOM = 2.0


def begin() -> bool:
    """Make the folder where it is asked for, and return whether this process did: it is the one that reports.

    Those that it starts, which a test may do as well, find the path in the variable.
    """
    asked = os.environ.get(VARIABLE) == "1"
    if asked:
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="harness-coverage-")
    return asked


class Measurement:
    """What this process has executed since it began to measure, while that was not switched off."""

    def __init__(self, folder: str) -> None:
        self._covered = _make(folder)
        self._on = False
        self.switch(on=True)

    def switch(self, *, on: bool) -> None:
        """Measure from now on, or no longer."""
        if on != self._on:
            (self._covered.start if on else self._covered.stop)()
            self._on = on

    def keep(self) -> None:
        """Write what was seen into the folder."""
        self.switch(on=False)
        self._covered.save()


def measure() -> Measurement | None:
    """Begin to measure this process; None where nobody asked for it."""
    folder = os.environ.get(VARIABLE)
    return Measurement(folder) if folder else None


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
    said = [f"{total:.1f} % of statements and branches by unit tests; the floor is {floor:g} % (pyproject.toml)"]
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
