"""The start of the harness where its packages are missing: set up an environment once, and go on in it."""

import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from harness.environment.child import choose_environ, interruptible
from harness.environment.dependency import find_culprit
from harness.environment.folder import VirtualEnvironment, say
from harness.errors import HarnessError, InterruptedRunError, UnfitError
from harness.parse.shortage import find_shortage

CHECKOUT = Path(__file__).resolve().parents[2]
# Of each kind: the variable that names another folder, the folder, and the locked packages.
_KINDS = {
    "run": ("HARNESS_VENV", ".venv/run", "third_party/requirements.txt"),
    "test": ("HARNESS_TEST_VENV", ".venv/test", "third_party/requirements-dev.txt"),
}
# How an environment was entered, as an option of Python: one that was made a moment ago is not made once more.
_OPTION, _MADE, _FOUND = "harness", "made", "found"


def enter(arguments: list[str], *, missing: list[str], error: ImportError | None = None) -> NoReturn:
    """Go on with `arguments` in the checkout's own environment, which is made if it must be.

    The reason is that packages are `missing` here, or that `error` was raised on importing one. Ends with a message
    and an exit code where that cannot be done: an installed package sets nothing up.
    """
    try:
        trouble = _describe(missing, error)
        if not is_checkout():
            raise UnfitError(trouble, hint=_reinstall(missing, error))
        environment = choose_environment("run")
        inside = environment.is_own()
        if inside and sys._xoptions.get(_OPTION) == _MADE:
            raise UnfitError(trouble, hint=f"rm -r {shlex.quote(str(environment.folder))}, then the same command again")
        made = inside or not environment.is_ready()
        if made:
            with interruptible():
                environment.make(anew=inside, reason=trouble if error else "")
        _execute(environment, arguments, _MADE if made else _FOUND)
    except (HarnessError, OSError, KeyboardInterrupt) as failure:
        sys.exit(complain(failure))


def start(arguments: list[str]) -> NoReturn:
    """Run the command line in the checkout's own environment, whatever packages this Python has."""
    enter(arguments, missing=[])


def prepare(kind: str) -> int:
    """Set the environment `kind` up unless it is there, and print its folder; return the exit code."""
    try:
        environment = choose_environment(kind)
        if not environment.is_ready():
            with interruptible():
                environment.make()
        print(environment.folder, flush=True)
    except (HarnessError, OSError, KeyboardInterrupt) as failure:
        return complain(failure)
    return 0


def explain(error: ImportError) -> int:
    """Say which package could not be imported, in the midst of a command; return the exit code.

    Raises `error` itself where no package is to blame.
    """
    if not find_culprit(error):
        raise error
    return complain(UnfitError(_describe([], error), hint=_reinstall([], error)))


def complain(failure: BaseException) -> int:
    """Print what went wrong with the set-up, and return the exit code."""
    if isinstance(failure, KeyboardInterrupt):
        failure = InterruptedRunError("interrupted while setting up", hint="the same command again, which begins anew")
    elif not isinstance(failure, HarnessError):
        limit = find_shortage(getattr(failure, "errno", None))
        failure = UnfitError(f"the environment cannot be set up: {failure}", hint=limit.remedy if limit else "")
    say(f"harness: {failure}")
    return failure.exit_code


def is_checkout() -> bool:
    """Return whether this is a clone or an unpacked source distribution, and no installed package."""
    return all((CHECKOUT / name).is_file() for name in ("pyproject.toml", "third_party/requirements.txt"))


def choose_environment(kind: str) -> VirtualEnvironment:
    """Return the environment `kind` (run, test) of this checkout, where the caller's variables want it."""
    variable, folder, lock = _KINDS[kind]
    named = os.environ.get(variable, "")
    path = Path(os.path.abspath(os.path.expanduser(named))) if named else CHECKOUT / folder  # noqa: PTH100, PTH111
    return VirtualEnvironment(path, lock=CHECKOUT / lock, checkout=CHECKOUT, variable=variable)


def _execute(environment: VirtualEnvironment, arguments: list[str], how: str) -> NoReturn:
    # -P: a folder called harness in the current directory is not this program.
    words = [str(environment.python), "-X", f"{_OPTION}={how}", "-P", "-m", "harness", *arguments]
    os.execve(words[0], words, choose_environ())  # noqa: S606


def _describe(missing: list[str], error: ImportError | None) -> str:
    if error is None:
        return f"{sys.executable} lacks packages that the harness needs: {', '.join(missing)}"
    place = f" ({error.path})" if error.path else ""
    return f"{find_culprit(error)} cannot be imported by {sys.executable}: {error}{place}"


def _reinstall(missing: list[str], error: ImportError | None) -> str:
    packages = missing or ([find_culprit(error)] if error else [])
    command = f"{shlex.quote(sys.executable)} -m pip install --force-reinstall {' '.join(packages)}"
    return f"the same command without PYTHONPATH, or: {command}" if os.environ.get("PYTHONPATH") else command
