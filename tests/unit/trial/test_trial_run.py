"""Whatever the system refuses in the middle of a comparison or a search, it is said what is kept."""

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.bisect import sitting
from harness.commands import tune
from harness.errors import HarnessError, LimitError, UnfitError, UsageError
from harness.store.bundle import RUN
from harness.trial.run import _naming_kept_runs

Telling = Callable[[Path], AbstractContextManager[Any]]
TELLING: dict[str, Telling] = {
    "harness calibrate": lambda bundle: _naming_kept_runs([bundle], "harness calibrate"),
    "harness bisect --resume ID": lambda bundle: sitting._naming_kept_runs(
        cast("Any", SimpleNamespace(bundles=[bundle], stored=SimpleNamespace(id="ID"), seal=lambda: None)),
        cast("Any", SimpleNamespace(places=SimpleNamespace(results=bundle, options=""))),
    ),
    "harness tune": lambda bundle: tune._naming_kept_runs(cast("Any", SimpleNamespace(bundles=[bundle])), bundle),
}


@pytest.mark.parametrize("command", TELLING)
@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (OSError(errno.EMFILE, "Too many open files", "/x"), LimitError, "ulimit -n"),
        (LimitError("x cannot be started", cause="Too many open files", hint="ulimit -n"), LimitError, "ulimit -n"),
        (MemoryError(), LimitError, "ulimit -v"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x"), UnfitError, "fix this"),
    ],
)
def test_what_is_kept_is_said(
    command: str, error: BaseException, kind: type[HarnessError], says: str, tmp_path: Path
) -> None:
    (tmp_path / RUN).touch()
    with pytest.raises(kind) as caught, TELLING[command](tmp_path):
        raise error
    assert "finished work is kept" in caught.value.line
    assert says in caught.value.hint
    assert f"then {command}" in caught.value.hint
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("command", TELLING)
def test_another_error_stays_what_it_is(command: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such option"), TELLING[command](tmp_path):
        raise UsageError("no such option")
