"""A virtual environment in a folder: made once, from hash-locked packages, and then reused."""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.environment.child import run_child
from harness.environment.dependency import PACKAGES
from harness.environment.failure import SetUpAction, explain
from harness.environment.wheel import describe_builds, find_build_tools
from harness.errors import UnfitError
from harness.system.stream import write_through

_MARKER = ".harness"  # marks a folder of ours, which may be emptied; locked while the environment is being made
_STAMP = ".ready"  # written last: what the environment was made from, where, and for which machine
_LINK = "harness-checkout.pth"
_OLD = ".root"  # what earlier versions left
_IMPORTS = f"import {', '.join(PACKAGES)}"


class VirtualEnvironment:
    """A virtual environment in `folder` with the packages of the file `lock`, and the harness itself from `checkout`.

    `variable` is the environment variable that selects another folder.
    """

    def __init__(self, folder: Path, *, lock: Path, checkout: Path, variable: str) -> None:
        self.folder = folder
        self.lock = lock
        self.checkout = checkout
        self.variable = variable
        self.python = folder / "bin" / "python"

    def is_ready(self) -> bool:
        """Return whether it is complete, for this checkout, and still fits the interpreter that made it."""
        return self._is_made() and self._is_linked()

    def is_own(self) -> bool:
        """Return whether this process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def make(self, *, anew: bool = False, reason: str = "") -> None:
        """Make it, unless another process just did; with `anew`, unless all packages can be imported.

        `reason` is printed. pip installs the packages, so its configuration (index, proxies, certificates) applies.
        Raises UnfitError.
        """
        try:
            with self._claimed() as claim:
                if not self._is_made() or (anew and not self._has_all(claim)):
                    self._refuse_other_machine()
                    say(f"harness: setting up {self.folder} (once)" + (f", because {reason}" if reason else ""))
                    self._fill(claim)
                if not self._is_linked():
                    self._write(self._link, f"{self.checkout}\n")
        except OSError as error:
            raise self._explain(str(error), f"setting up {self.folder}") from error

    def _fill(self, claim: int) -> None:
        node = os.uname()
        if builds := describe_builds(node.sysname, node.machine, find_build_tools()):
            say(f"harness: {builds}")
        (self.folder / _STAMP).unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.name != _MARKER:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self._run([_base(), "-I", "-m", "venv", "--without-pip", str(self.folder)], claim)
        # As a separate step, because venv hides the errors of ensurepip.
        self._run([str(self.python), "-I", "-m", "ensurepip", "--default-pip"], claim)
        self._install(claim)
        self._write(self._link, f"{self.checkout}\n")
        self._run([str(self.python), "-I", "-c", _IMPORTS], claim)
        self._write(self.folder / _STAMP, self._stamp())

    def _install(self, claim: int) -> None:
        """Let pip install the locked packages. Bytecode is made when a module is first imported: most never are."""
        pip = "-m pip install --no-compile --disable-pip-version-check --require-hashes --requirement".split()
        words = [str(self.python), "-I", *pip, str(self.lock)]
        code, output = run_child(words, keep=claim)
        # pip may have lost the connection. It says so only if it is verbose, and that would take two seconds each time.
        if code > 0 and "No matching distribution found" in output:
            words += ["-vv", "--retries", "0"]
            code, output = run_child(words, keep=claim)
        self._require(code, output, words)

    def _run(self, argv: list[str], claim: int) -> None:
        code, output = run_child(argv, keep=claim)
        self._require(code, output, argv)

    def _require(self, code: int, output: str, argv: list[str]) -> None:
        """Raise UnfitError unless the exit code of a program is 0."""
        if code < 0:
            output += f"\nERROR: killed by signal {-code} ({signal.strsignal(-code)})"
        if code:
            raise self._explain(output, " ".join(argv))

    @contextlib.contextmanager
    def _claimed(self) -> Iterator[int]:
        """Lock the environment for the block and yield the file descriptor.

        Children inherit it, so that the lock survives a kill -9 while they run.
        """
        marker = self.folder / _MARKER
        while True:
            self._refuse_foreign()
            self.folder.mkdir(parents=True, exist_ok=True)
            claim = os.open(marker, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _wait_for(claim, self.folder)
                if marker.exists() and os.path.samestat(os.fstat(claim), marker.stat()):
                    yield claim
                    return
            finally:  # or somebody removed the folder while we waited
                os.close(claim)

    def _refuse_foreign(self) -> None:
        """Raise UnfitError if the folder contains files that the harness did not make, which would be lost."""
        other = f"export {self.variable}=FOLDER  # another folder; it need not exist"
        if not self.folder.is_dir():
            if self.folder.exists() or self.folder.is_symlink():
                raise UnfitError(f"cannot make an environment in {self.folder}: it is not a folder", hint=other)
            return
        # Behind a link lies what somebody else made, and perhaps shares.
        in_its_place = self.folder.parent == self.checkout / ".venv" and not self.folder.is_symlink()
        ours = any((self.folder / name).exists() for name in (_MARKER, _OLD)) or (
            in_its_place and (self.folder / "pyvenv.cfg").exists()
        )
        if not ours and any(self.folder.iterdir()):
            what = f"{self.folder} contains files that the harness did not put there; they would be lost"
            raise UnfitError(what, hint=other)

    def _refuse_other_machine(self) -> None:
        """Raise UnfitError if a node of another kind uses this folder, as on a shared disk: it would be overwritten."""
        with contextlib.suppress(OSError):
            machine = (self.folder / _STAMP).read_text(encoding="utf-8").split("\n", 1)[0]
            if machine != _machine():
                what = f"{self.folder} was made on another kind of machine ({machine}; this is {_machine()})"
                raise UnfitError(what, hint=f"export {self.variable}={self.folder}-{_machine()}  # a folder for each")

    def _is_made(self) -> bool:
        with contextlib.suppress(OSError):
            return os.access(self.python, os.X_OK) and _read(self.folder / _STAMP) == self._stamp()
        return False

    def _is_linked(self) -> bool:
        with contextlib.suppress(OSError):
            return _read(self._link) == f"{self.checkout}\n"
        return False

    @property
    def _link(self) -> Path:
        found = sorted((self.folder / "lib").glob("python3*/site-packages"))
        return (found or [self.folder / "lib"])[-1] / _LINK

    def _stamp(self) -> str:
        # Scripts in a moved folder still name the old place; another interpreter has another site-packages.
        return "\n".join((_machine(), str(self.folder), os.path.realpath(self.python), _read(self.lock)))

    def _write(self, path: Path, text: str) -> None:
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(text, encoding="utf-8", errors="surrogateescape")
        partial.replace(path)

    def _has_all(self, claim: int) -> bool:
        return run_child([str(self.python), "-I", "-c", _IMPORTS], keep=claim)[0] == 0

    def _explain(self, output: str, doing: str) -> UnfitError:
        hint = f"export {self.variable}=FOLDER  # another folder; or use another Python, from 3.11 to 3.14"
        action = SetUpAction(doing, hint, python=_base(), folder=str(self.folder), variable=self.variable)
        return explain(output, action)


def _wait_for(claim: int, folder: Path) -> None:
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"harness: another process is setting up {folder}; waiting for it")
        fcntl.flock(claim, fcntl.LOCK_EX)
    except OSError:
        return  # a file system without locks: there, two set-ups at the same time may disturb each other


def _base() -> str:
    """Return the interpreter, or the base interpreter if it is in an environment (perhaps the one to be made)."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def say(what: str) -> None:
    """Print a line on standard error; if that fails, ignore it."""
    with contextlib.suppress(OSError):
        write_through(sys.stderr, f"{what}\n")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def _machine() -> str:
    return f"{os.uname().sysname} {os.uname().machine}"
