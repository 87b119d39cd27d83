"""A real PostgreSQL server for the tests, in a folder of its own: made, started, stopped and killed by them.

It refuses to run as root, so root's tests run it as `nobody`. It listens on the loopback alone.

python -m tests.server    says which tests are skipped for want of one, and why
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

USER = "harness"
PASSWORD = "corre-ct:h/orse@battery"
QUOTED = "corre-ct%3Ah%2Forse%40battery"
_WAIT_S = 60


def find_programs() -> Path | None:
    """Return the folder with initdb and postgres, the newest one; None where there is none."""
    named = shutil.which("initdb")
    found = [Path(named).resolve().parent] if named else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    found += sorted(Path("/usr").glob("pgsql-*/bin"), reverse=True)
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


def why_not() -> str:
    """Return why there is no server to test with, and what would make one; empty where there is one."""
    if find_programs() is None:
        return "there is no PostgreSQL server here (Debian and Ubuntu: apt install postgresql)"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "the package psycopg is not installed (python -m pip install 'psycopg[binary]')"
    return ""


class Server:
    """A server and its folder."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        self._options = options
        self.port = _free_port()
        self._child: subprocess.Popen[bytes] | None = None
        self._names = iter(f"db{number}" for number in range(10_000))
        (folder / "password").write_text(f"{PASSWORD}\n")
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            for path in (folder, folder / "password"):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self._call("initdb", "-D", "data", "-U", USER, "-A", "scram-sha-256", "--pwfile=password", "-E", "UTF8", "-N")

    @property
    def version(self) -> int:
        """The first number of the version."""
        return int((self.folder / "data" / "PG_VERSION").read_text())

    def start(self) -> None:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "64MB",
            "logging_collector": "off",
            **self._options,
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._child = subprocess.Popen(
                [str(self._program("postgres")), "-D", "data", *words], stdout=log, stderr=log, **self._as_nobody()
            )
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                self.connect("postgres").close()
                return
            except Exception:
                log_text = (self.folder / "log").read_text(errors="replace")
                assert self._child.poll() is None, log_text
                assert time.monotonic() < deadline, log_text
                time.sleep(0.05)

    def stop(self) -> None:
        """End it at once, whoever is connected."""
        if self._child:
            self._child.send_signal(signal.SIGQUIT)
            self._child.wait(timeout=_WAIT_S)
            self._child = None

    def connect(self, database: str) -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )

    def create(self, options: str = "") -> str:
        """Return the URL of a new, empty database."""
        name = next(self._names)
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def url(self, database: str, password: str = QUOTED) -> str:
        return f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def _call(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(self._program(program)), *words], capture_output=True, text=True, check=False, **self._as_nobody()
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _program(self, name: str) -> Path:
        folder = find_programs()
        assert folder
        return folder / name

    def _as_nobody(self) -> dict[str, Any]:
        options: dict[str, Any] = {"cwd": self.folder, "stdin": subprocess.DEVNULL}
        options["env"] = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return options


@contextmanager
def serve(**options: str) -> Iterator[Server]:
    """Offer a server that runs, with these options of its own; its folder is one that another user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="harness-postgres-", dir=_reachable()))
    try:
        server = Server(folder, **options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reachable() -> str:
    """Return a folder for temporary files that `nobody` can enter, too."""
    wanted = Path(tempfile.gettempdir()).resolve()
    closed = [path for path in (wanted, *wanted.parents) if not path.stat().st_mode & 0o001]
    return "/tmp" if os.geteuid() == 0 and closed else str(wanted)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    if reason := why_not():
        sys.stderr.write(f"skipped: the tests of the index in PostgreSQL: {reason}\n")
