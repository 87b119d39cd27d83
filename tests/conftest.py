"""Unit tests are pure: they start no process and open no socket."""

import itertools
import os
import socket
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests import cover
from tests.player import let_signals_through

REPORTS = cover.begin()
# Before anything of the harness is imported.
MEASURED = cover.measure()

ROOT = Path(__file__).parents[1]
UNIT = Path(__file__).parent / "unit"
NATIVE = Path(__file__).parent / "native"
FLOW = Path(__file__).parent / "flow"
FAULTS = Path(__file__).parent / "faults"
BROWSER = Path(__file__).parent / "browser"
FIRST = "test_native_run.py"
# What takes too long for every run is left out unless it is asked for: another `-m` of the user's must not bring it in.
ON_DEMAND = ("campaign", "release")
COVERED = pytest.StashKey[str]()

# How long an example takes says how busy the node is, and nothing of the harness.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def forbid_effects_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.path.is_relative_to(UNIT):
        return

    def forbidden(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("a unit test starts no process and opens no socket")

    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
    monkeypatch.setattr(socket.socket, "connect", forbidden)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the way to run what a developer runs all the time."""
    text = "leave out real builds, faults, pages in a browser, and of each file of flow tests all but the first"
    parser.addoption("--quick", action="store_true", help=text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what takes minutes before it is even imported."""
    return True if config.getoption("quick") and collection_path in (NATIVE, FAULTS, BROWSER) else None


def pytest_configure() -> None:
    """Let Ctrl-C and its like reach what the tests start."""
    let_signals_through()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the native tests, which take longest: at the end the other workers would have nothing to do.

    The first of them builds from nothing; the others find its sources and weights.
    """
    asked = str(config.option.markexpr)
    unasked = [name for name in ON_DEMAND if name not in asked]
    _leave_out([item for item in items if any(map(item.get_closest_marker, unasked))], config, items)
    items.sort(key=lambda item: (not item.path.is_relative_to(NATIVE), item.path.name != FIRST))
    if config.getoption("quick"):
        flows = [item for item in items if item.path.is_relative_to(FLOW)]
        first = {item.path: item for item in reversed(flows)}
        _leave_out([item for item in flows if item is not first[item.path]], config, items)


def _leave_out(those: list[pytest.Item], config: pytest.Config, items: list[pytest.Item]) -> None:
    config.hook.pytest_deselected(items=those)
    out = set(those)
    items[:] = [item for item in items if item not in out]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give all native tests to one worker: they hold the node in turns, so that a second one would wait for the first.

    Those in a browser are given to one worker, too: they share a browser, and a site that takes long to make.
    The others take the files of the rest, in the order of `pytest_collection_modifyitems`.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler.loadfile import LoadFileScheduling

    class FoldersTogether(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            together = (folder for folder in (NATIVE, BROWSER) if (config.rootpath / file).is_relative_to(folder))
            return next(map(str, together), file)

    config.option.loadscopereorder = False  # it begins with the files of the most tests, and ends with these
    return FoldersTogether(config, log)


def pytest_runtest_logstart(location: tuple[str, int | None, str]) -> None:
    """Measure what unit tests execute."""
    if MEASURED:
        MEASURED.switch(on=Path(location[0]).is_relative_to(UNIT.relative_to(ROOT)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what this process has executed; the one that everybody answers to says what all have."""
    if not MEASURED:
        return
    MEASURED.keep()
    if REPORTS:
        text, enough = cover.report(Path(os.environ[cover.VARIABLE]))
        session.config.stash[COVERED] = text
        if not enough and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the coverage above the last line, and which blocks of the pages were not typed where pages were."""
    reports = itertools.chain.from_iterable(terminalreporter.stats.values())
    if any("test_flow_page_shell" in getattr(report, "nodeid", "") for report in reports):
        from tests.page_shell import count_blocks

        terminalreporter.write_line(count_blocks())
    if COVERED in config.stash:
        terminalreporter.section("coverage")
        terminalreporter.write_line(config.stash[COVERED])
