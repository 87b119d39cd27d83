"""Unit tests are pure: they start no process and open no socket."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

UNIT = Path(__file__).parent / "unit"


@pytest.fixture(autouse=True)
def forbid_effects_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.path.is_relative_to(UNIT):
        return

    def forbidden(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("a unit test starts no process and opens no socket")

    monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
    monkeypatch.setattr(socket.socket, "connect", forbidden)


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: in a background job of a shell it is ignored, by children too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
