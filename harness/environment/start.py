"""The start of the harness if its packages are missing: set up an environment once, and continue in it."""

import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from harness.environment.child import interruptible, read_environ
from harness.environment.dependency import find_culprit
from harness.environment.folder import VirtualEnvironment, say
from harness.errors import HarnessError, InterruptedRunError, UnfitError
from harness.parse.shortage import find_shortage

CHECKOUT = Path(__file__).resolve().parents[2]
# For each kind: the variable that selects another folder, the folder, and the locked packages.
_KINDS = {
    "run": ("HARNESS_VENV", ".venv/run", "third_party/requirements.txt"),
    "test": ("HARNESS_TEST_VENV", ".venv/test", "third_party/requirements-dev.txt"),
}
# How the environment was entered, as a Python option: one that was just made is not made again.
_OPTION, _MADE, _FOUND = "harness", "made", "found"


def enter(arguments: list[str], *, missing: list[str], error: ImportError | None = None) -> NoReturn:
    """Continue with `arguments` in the checkout's own environment, which is made if necessary.

    The reason is that packages are `missing` here, or that importing one raised `error`. Exits with a message and an
    exit code if that is not possible: an installed package does not set anything up.
    """
    try:
        trouble = _describe(missing, error)
        if not is_checkout():
            raise UnfitError(trouble, hint=_reinstall(missing, error))
        environment = find_virtual_environment("run")
        inside = environment.is_own()
        if inside and sys._xoptions.get(_OPTION) == _MADE:
            raise UnfitError(
                trouble, hint=f"rm -r {shlex.quote(str(environment.folder))}  # then run the same command again"
            )
        made = inside or not environment.is_ready()
        if made:
            with interruptible():
                environment.make(anew=inside, reason=trouble if error else "")
        _execute(environment, arguments, _MADE if made else _FOUND)
    except (HarnessError, OSError, KeyboardInterrupt) as failure:
        sys.exit(complain(failure))


def start(arguments: list[str]) -> NoReturn:
    """Run the command line in the checkout's own environment, even if this Python has all packages."""
    enter(arguments, missing=[])


def prepare(kind: str) -> int:
    """Set up the environment `kind` if necessary, and print its folder; return the exit code."""
    try:
        environment = find_virtual_environment(kind)
        if not environment.is_ready():
            with interruptible():
                environment.make()
        print(environment.folder, flush=True)
    except (HarnessError, OSError, KeyboardInterrupt) as failure:
        return complain(failure)
    return 0


def explain(error: ImportError) -> int:
    """Print which package a running command could not import; return the exit code.

    Raises `error` itself if no package is to blame.
    """
    if not find_culprit(error):
        raise error
    return complain(UnfitError(_describe([], error), hint=_reinstall([], error)))


def complain(failure: BaseException) -> int:
    """Print what went wrong during the set-up, and return the exit code."""
    if isinstance(failure, KeyboardInterrupt):
        failure = InterruptedRunError(
            "interrupted while setting up", hint="run the same command again; it starts from scratch"
        )
    elif not isinstance(failure, HarnessError):
        limit = find_shortage(getattr(failure, "errno", None))
        failure = UnfitError(f"cannot set up the environment: {failure}", hint=limit.remedy if limit else "")
    say(f"harness: {failure}")
    return failure.exit_code


def is_checkout() -> bool:
    """Return whether this is a clone or an unpacked source distribution, not an installed package."""
    return all((CHECKOUT / name).is_file() for name in ("pyproject.toml", "third_party/requirements.txt"))


def find_virtual_environment(kind: str) -> VirtualEnvironment:
    """Return the environment `kind` (run or test) of this checkout, in the folder that the variables select."""
    variable, folder, lock = _KINDS[kind]
    named = os.environ.get(variable, "")
    path = Path(os.path.abspath(os.path.expanduser(named))) if named else CHECKOUT / folder  # noqa: PTH100, PTH111
    return VirtualEnvironment(path, lock=CHECKOUT / lock, checkout=CHECKOUT, variable=variable)


def _execute(environment: VirtualEnvironment, arguments: list[str], how: str) -> NoReturn:
    # -P: do not import from a folder called harness in the current directory.
    words = [str(environment.python), "-X", f"{_OPTION}={how}", "-P", "-m", "harness", *arguments]
    os.execve(words[0], words, read_environ())  # noqa: S606


def _describe(missing: list[str], error: ImportError | None) -> str:
    if error is None:
        return f"{sys.executable} lacks packages that the harness needs: {', '.join(missing)}"
    place = f" ({error.path})" if error.path else ""
    return f"{sys.executable} cannot import {find_culprit(error)}: {error}{place}"


def _reinstall(missing: list[str], error: ImportError | None) -> str:
    packages = missing or ([find_culprit(error)] if error else [])
    command = f"{shlex.quote(sys.executable)} -m pip install --force-reinstall {' '.join(packages)}"
    return f"unset PYTHONPATH  # or {command}" if os.environ.get("PYTHONPATH") else command
