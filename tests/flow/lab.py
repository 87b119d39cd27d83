"""A fleet for the tests: nodes of a real Slurm cluster, each with fake tools, a cache and temporary files of its own.

All nodes are this computer. The harness holds a node by lock files in its folder for temporary files and in its cache,
so each node needs its own of both, as it has on computers of its own; the command of the fleet sees to that.
"""

import itertools
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.records.run import Run
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.cluster import Cluster
from tests.flow.kit import Kit

NODES = {"a": "zen3,avx2", "b": "zen4,avx512", "c": "zen4,avx512"}
_WAIT_S = 240
_COMMAND = """\
#!/bin/sh
case $SLURMD_NODENAME in
{cases}
esac
exec {python} -P -m harness "$@"
"""
_FLEET = """\
name = "{name}"
results = "results"

[settings]
source = "{tree}"
model = ["tiny"]
weights = "{weights}"
bench = ["whisper"]
tests = false
repetitions = 3
seed = 1
"""


class Lab:
    """A fleet of a name of its own, and the ways to start, to see and to disturb it."""

    _names = itertools.count()

    def __init__(self, folder: Path, cluster: Cluster, weights: Path) -> None:
        self.folder = folder
        self.cluster = cluster
        self.name = f"lab{next(self._names)}"
        self.results = folder / "results"
        self.kits = {node: Kit(folder / node, weights) for node in cluster.nodes}
        self.command = folder / "harness"
        cases = "\n".join(f"{node}) export {self._variables(kit)} ;;" for node, kit in self.kits.items())
        self.command.write_text(_COMMAND.format(cases=cases, python=sys.executable))
        self.command.chmod(0o755)
        self.head = _FLEET.format(name=self.name, tree=self.kits["a"].tree, weights=weights)
        self.file = folder / "fleet.toml"

    def write(self, *classes: str) -> None:
        """Write fleet.toml with these classes; each gets the command and the cache of the nodes."""
        keys = f'harness = "{self.command}"\ncache = "{self.folder}/{{node}}/cache"\n'
        parts = [one.replace("\n", f"\n{keys}", 1) for one in classes]
        self.file.write_text("\n".join([self.head, *parts]))

    def fleet(self, *words: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run an action of `harness fleet` on this computer; `code` is the exit code that it must have, if any."""
        kit = self.kits["a"]
        done = kit.harness(
            "fleet", words[0], "--file", str(self.file), *words[1:], environ={**self._own, **self.cluster.environ}
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done

    def start(self, *words: str) -> Any:
        """Begin an action of `harness fleet`."""
        kit = self.kits["a"]
        return kit.start(
            "fleet", words[0], "--file", str(self.file), *words[1:], environ={**self._own, **self.cluster.environ}
        )

    def states(self, *words: str) -> dict[str, dict[str, Any]]:
        """Return what `fleet status` says of each job, by `node/job`."""
        done = self.fleet("status", "--json", *words, code=None)
        assert done.returncode in (0, 12), done.stderr
        jobs = result_of(done.stdout)["jobs"]
        return {f"{job['key'].get('node') or '*'}/{job['key']['job']}": job for job in jobs}

    def wait_for(self, state: str, *jobs: str, words: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        """Wait until these jobs (all, if none is named) are in this state."""

        def reached() -> dict[str, dict[str, Any]]:
            found = self.states(*words)
            return found if all(found[job].get("state", "absent") == state for job in jobs or found) else {}

        found: dict[str, dict[str, Any]] = self.wait(
            reached, lambda: self.fleet("status", *words, code=None).stdout + self.logs()
        )
        return found

    def wait(self, condition: Callable[[], Any], complain: Callable[[], str] = str) -> Any:
        """Wait until something holds, and return it."""
        deadline = time.monotonic() + _WAIT_S
        while not (found := condition()):
            assert time.monotonic() < deadline, complain()
            time.sleep(0.2)
        return found

    def hold(self, node: str, times: int = 1) -> Path:
        """Let the next measurement on a node wait until the file that is returned exists."""
        gate = self.folder / f"gate-{node}-{time.monotonic_ns()}"
        fault = {"until": str(gate), "times": times}
        self.kits[node].break_tools({"whisper-bench -m": fault})
        return gate

    def measures(self, node: str) -> bool:
        """Return whether a measurement has begun on a node."""
        return any("-m" in call and "no-weights" not in call for call in self.kits[node].calls("whisper-bench"))

    def runs(self) -> list[Run]:
        """Return all finished runs, of all nodes."""
        return [
            load_run(path.parent)
            for path in sorted(self.results.glob("*/*/*/run.json"))
            if path.parent.suffix != ".partial"
        ]

    def logs(self) -> str:
        """Return what the jobs have printed."""
        return "\n".join(path.read_text() for path in sorted(self.results.glob(".fleet-logs/**/*.log")))

    @property
    def _own(self) -> Mapping[str, str]:
        """Variables of the computer that submits: a fleet has its own folders."""
        return {"HARNESS_RESULTS": "", "HARNESS_CACHE": str(self.folder / "cache")}

    def _variables(self, kit: Kit) -> str:
        own = {name: value for name, value in kit.environ.items() if name not in ("PATH", "HARNESS_AS_NODE")}
        return " ".join(f"{name}={shlex.quote(value)}" for name, value in own.items())


def list_overlaps(runs: list[Run]) -> list[str]:
    """Return which steps of different runs were carried out on one node at one time, from their records."""
    found = []
    for node in {run.node.name for run in runs}:
        spans = []
        for run in (run for run in runs if run.node.name == node):
            for result in run.results:
                if done := result.completed:
                    begun = datetime.fromisoformat(done.start).astimezone(UTC)
                    spans.append((begun, begun + timedelta(seconds=done.wall_s), run.id, result.step))
        spans.sort()
        found += [
            f"{node}: {one[2]} {one[3]} and {two[2]} {two[3]}"
            for one, two in itertools.pairwise(spans)
            # Starts are recorded in whole seconds, so that they may seem to be up to one second earlier.
            if one[2] != two[2] and two[0] < one[1] - timedelta(seconds=1)
        ]
    return found
