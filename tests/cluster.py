"""A real Slurm cluster for the tests, on this machine and in a folder of its own: munged, slurmctld, several slurmd.

All daemons run as the user who runs the tests, root or not, on free ports. All nodes are this machine. Whatever Slurm
started ends with it: each of those processes has the path of this cluster's slurm.conf among its variables.

python -m tests.cluster    says which tests are skipped for want of one, and why
"""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_WAIT_S = 90
_PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "scontrol", "scancel")
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"))
# Short intervals, so that a test waits for the harness and not for Slurm. A node that does not answer is down after
# SlurmdTimeout; one that comes back is used again, whatever it was down for. Each node is said to have one CPU and
# little memory, which holds anywhere. No cgroups, which would need root.
_CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=10
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n.pid
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_min_interval=200000,sched_interval=5,batch_sched_delay=0
ReturnToService=2
SlurmdTimeout=15
SlurmctldTimeout=15
InactiveLimit=0
KillWait=5
MessageTimeout=10
JobRequeue=1
RequeueExit=75
MpiDefault=none
TreeWidth=65533
{nodes}
PartitionName=bench Nodes=ALL OverSubscribe=EXCLUSIVE MaxTime=1-0 Default=YES State=UP
"""
# A variable of each daemon, with its name, which a node passes on to those who watch over its jobs.
_MARK = "TEST_CLUSTER_DAEMON"
# The options of munged for its files, in the order in which they are made.
_MUNGE = ("socket", "seed-file", "log-file", "pid-file")
_NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=64 Feature={features}"


def why_not() -> str:
    """Return why there is no cluster to test with, and what would make one; empty where there is one."""
    lacking = [name for name in _PROGRAMS if not shutil.which(name, path=_PATH)]
    if lacking:
        return f"there is no {', '.join(lacking)} here (Debian and Ubuntu: apt install slurm-wlm munge)"
    return ""


class Cluster:
    """A cluster, its folder, and its daemons by name: `munged`, `slurmctld`, and those of the nodes."""

    def __init__(self, folder: Path, nodes: dict[str, str]) -> None:
        self.folder = folder
        self.config = folder / "slurm.conf"
        self.nodes = tuple(nodes)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        ports = _free_ports(len(nodes) + 1)
        host = socket.gethostname().partition(".")[0]
        lines = [
            _NODE.format(name=name, host=host, port=port, features=features)
            for (name, features), port in zip(nodes.items(), ports[1:], strict=True)
        ]
        user = pwd.getpwuid(os.geteuid()).pw_name
        text = _CONFIG.format(host=host, port=ports[0], user=user, folder=folder, nodes="\n".join(lines))
        self.config.write_text(text)
        (folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (folder / "munge.key").chmod(0o600)
        for name in ("state", *nodes):
            (folder / name).mkdir()

    @property
    def environ(self) -> dict[str, str]:
        """What a program of Slurm needs to find this cluster."""
        return {"SLURM_CONF": str(self.config), "PATH": _PATH}

    def start(self) -> None:
        """Start everything, and wait until all nodes are idle."""
        self.start_munged()
        self.start_controller()
        for name in self.nodes:
            self.start_node(name)
        self.wait_for_nodes("idle")

    def start_munged(self) -> None:
        # Without --force it wants a folder that no other user could have made, which a folder of tests is not.
        named = {name: f"{self.folder}/munge.{name}" for name in ("socket", "seed", "log", "pid")}
        files = [f"--{option}={named[name]}" for option, name in zip(_MUNGE, named, strict=True)]
        self._begin("munged", "--foreground", "--force", f"--key-file={self.folder}/munge.key", *files)
        self._await(lambda: Path(named["socket"]).exists(), "munged")

    def start_controller(self) -> None:
        self._begin("slurmctld", "-D")
        self._await(lambda: self.call("scontrol", "ping").startswith("Slurmctld(primary) at"), "slurmctld")
        self._await(lambda: " is UP" in self.call("scontrol", "ping"), "slurmctld")

    def start_node(self, name: str) -> None:
        self._begin("slurmd", "-D", "-N", name, called=name)

    def kill(self, name: str) -> None:
        """Kill a daemon with SIGKILL; the jobs of a node go on."""
        child = self._children.pop(name)
        child.kill()
        child.wait(timeout=_WAIT_S)

    def wait_until_saved(self) -> None:
        """Wait until the controller has written to the disk what it knows now, which it does every few seconds.

        A job of our own, which never starts, gives it something to write.
        """
        begun, path = time.time(), self.folder / "state" / "job_state"
        number = self.call("sbatch", "--parsable", "--hold", "--output=/dev/null", "--wrap=true").strip()
        self._await(lambda: path.exists() and path.stat().st_mtime > begun)
        self.call("scancel", number)

    def kill_node(self, name: str) -> None:
        """Kill the daemon of a node and all that it has started, as when the power fails: none outlives another."""
        found = self._find(lambda environ: name in (environ.get("SLURMD_NODENAME"), environ.get(_MARK)))
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.suspend()
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._children.pop(name).wait(timeout=_WAIT_S)

    def processes(self) -> list[psutil.Process]:
        """Return all processes that belong to this cluster: its daemons, their steps, and what jobs have started."""
        found = self._find(lambda _: True)
        known = {process.pid for process in found}
        for process in psutil.process_iter():  # a step whose job has ended, and which nobody listens to any more
            with contextlib.suppress(psutil.Error, OSError):
                stepped = process.name() == "slurmstepd" and process.cwd() == str(self.folder)
                if stepped and process.pid not in known and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def _find(self, is_meant: Callable[[dict[str, str]], bool]) -> list[psutil.Process]:
        """Return the processes of this cluster with such an environment, and who watches over those that are jobs.

        A slurmstepd writes its title over its environment, so it is known by its child.
        """
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                environ = process.environ()
                if environ.get("SLURM_CONF") != str(self.config) or not is_meant(environ):
                    continue
                parent = process.parent()
                for one in (process, *([parent] if parent and parent.name() == "slurmstepd" else [])):
                    if one.pid != os.getpid() and one.status() != psutil.STATUS_ZOMBIE:
                        found[one.pid] = one
        return list(found.values())

    def call(self, program: str, *words: str) -> str:
        """Return what a program of Slurm prints, errors included."""
        done = subprocess.run(
            [program, *words],
            env={"PATH": _PATH, "LC_ALL": "C", **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_WAIT_S,
        )
        return done.stdout

    def wait_for_nodes(self, state: str, *names: str) -> None:
        """Wait until these nodes (all, if none is named) are in this state."""
        wanted = set(names or self.nodes)
        self._await(
            lambda: (
                wanted
                <= {
                    name
                    for name, found in (
                        line.split()[:2] for line in self.call("sinfo", "-hN", "-o", "%N %T").splitlines()
                    )
                    if found.rstrip("*~#$@") == state
                }
            ),
            *names,
        )

    def stop(self) -> None:
        """End the daemons and everything that they have started, at once."""
        for _ in range(5):
            found = self.processes()
            for process in found:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not found:
                break
            psutil.wait_procs(found, timeout=5)
        for child in self._children.values():
            child.kill()
            child.wait(timeout=_WAIT_S)
        self._children.clear()

    def log(self, name: str) -> str:
        """Return the last lines that a daemon has printed."""
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-40:]) if path.exists() else ""

    def _begin(self, program: str, *words: str, called: str = "") -> None:
        name = called or program
        with (self.folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [program, *words],
                cwd=self.folder,
                env={"PATH": _PATH, "LC_ALL": "C", "TZ": "UTC", "SLURM_CONF": str(self.config), _MARK: name},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _await(self, condition: Callable[[], bool], *names: str) -> None:
        deadline = time.monotonic() + _WAIT_S
        while not condition():
            for name in names:
                child = self._children.get(name)
                assert child is None or child.poll() is None, f"{name} has ended:\n{self.log(name)}"
            assert time.monotonic() < deadline, "\n".join(self.log(name) for name in names or self._children)
            time.sleep(0.05)


@contextmanager
def serve(nodes: dict[str, str]) -> Iterator[Cluster]:
    """Offer a cluster that runs, with these nodes and their features; its folder has a short name, for the socket."""
    folder = Path(tempfile.mkdtemp(prefix="harness-slurm-", dir="/tmp"))
    cluster = Cluster(folder, nodes)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; all are held until the last is found, so that no two are equal."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


if __name__ == "__main__":
    if reason := why_not():
        sys.stderr.write(f"skipped: the tests with a Slurm cluster: {reason}\n")
