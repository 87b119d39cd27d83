"""contrib/reframe_harness.py in a real ReFrame, with its local scheduler and with Slurm's, which asks squeue alone."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests import cluster
from tests.flow.kit import Kit, wait_for
from tests.job import ROOT

CHECK = ROOT / "contrib" / "reframe_harness.py"
PAGE = ROOT / "docs" / "how-to" / "fleet.md"
# Runs here whatever is to run on a host; rsync uses it, too.
SSH = """\
#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
echo "$1" >> {hosts}
shift
exec sh -c "$*"
"""
QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "2")
# It may lie in an environment of its own, as it does in .ci/run.
REFRAME = shutil.which("reframe") or shutil.which("reframe", path=str(Path(sys.executable).parent))
needs_reframe = pytest.mark.skipif(
    REFRAME is None, reason="ReFrame is not installed (python -m pip install reframe-hpc)"
)


def read_settings() -> str:
    """Return the settings that the page shows."""
    (found,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(found)


class Bridge:
    """ReFrame with a folder of its own, and the harness as a program for its jobs."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.program = kit.folder / "harness"
        self.program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m harness "$@"\n')
        self.program.chmod(0o755)

    def check(
        self, command: str, partition: str = "here", environ: Mapping[str, str] = MappingProxyType({}), **more: str
    ) -> tuple[int, dict[str, Any], str]:
        """Run the check; return ReFrame's exit code, what its report says of the check, and what it printed."""
        settings, report = self.kit.folder / "settings.py", self.kit.folder / "report.json"
        settings.write_text(read_settings())
        places = {"harness": self.program, "results": self.kit.results, "cache": self.kit.cache}
        words = [str(REFRAME), "-C", str(settings), "-c", str(CHECK), "-r"]
        words += [f"--system=lab:{partition}"]
        words += ["--prefix", str(self.kit.folder / "rfm"), "--report-file", str(report), "--keep-stage-files"]
        for name, value in {"command": command, "time_limit": "30m", **places, **more}.items():
            words += ["-S", f"{name}={value}"]
        whole = {**self.kit.environ, **environ}
        for name in ("HARNESS_AS_NODE", "HARNESS_RESULTS", "HARNESS_CACHE"):
            whole.pop(name)
        done = subprocess.run(words, env=whole, cwd=self.kit.folder, capture_output=True, text=True, timeout=120)
        (ran,) = json.loads(report.read_text())["runs"]
        (case,) = ran["testcases"]
        return done.returncode, case, done.stdout + done.stderr


@pytest.fixture
def bridge(kit: Kit) -> Bridge:
    return Bridge(kit)


def words(kit: Kit) -> str:
    return " ".join(kit.words(*QUICK))


@needs_reframe
def test_a_run_with_the_local_scheduler(bridge: Bridge, kit: Kit) -> None:
    code, case, text = bridge.check(words(kit))
    assert code == 0, text
    assert case["result"] == "pass"
    assert case["perfvalues"], text
    run = kit.only_run()
    assert kit.bundles()[0].parents[1].name == run.node.name
    (encode,) = (key for key in case["perfvalues"] if key.endswith("encode"))
    assert encode == "lab:here:whisper/fa=0/model=tiny/threads=2 encode"
    (measured,) = (one.value for one in run.measurements if one.metric == "encode")
    value, *_, unit = case["perfvalues"][encode][:5]
    assert (value, unit) == (pytest.approx(measured), "ms/pass")


@needs_reframe
def test_a_failed_benchmark_fails_the_check_and_leaves_its_bundle(bridge: Bridge, kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3}})
    code, case, text = bridge.check(words(kit))
    assert code != 0
    assert case["fail_phase"] == "sanity", text
    assert int(kit.only_run().exit_code) == 12


@pytest.fixture(scope="module")
def slurm() -> Iterator[cluster.Cluster]:
    if reason := cluster.why_not():
        pytest.skip(reason)
    with cluster.serve({"a": "zen3", "b": "zen4"}) as found:
        yield found


@needs_reframe
def test_a_run_on_a_node_of_a_slurm_cluster_without_accounting(
    bridge: Bridge, kit: Kit, slurm: cluster.Cluster
) -> None:
    code, case, text = bridge.check(words(kit), "zen4", slurm.environ)
    assert code == 0, text
    assert case["result"] == "pass"
    assert kit.only_run().node.name == "b", "as Slurm calls it"
    assert len(case["perfvalues"]) == 5


@needs_reframe
def test_a_job_that_slurm_loses_fails_the_check(bridge: Bridge, kit: Kit, slurm: cluster.Cluster) -> None:
    kit.break_tools({"whisper-bench -m": {"sleep": 60, "silent": True, "times": 1}})
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(bridge.check, words(kit), "zen4", slurm.environ)
        kit.wait_for_model()
        slurm.call("scancel", "--signal=KILL", "--full", "--state=running")
        slurm.call("scancel", "--state=running")
        code, case, text = asked.result(timeout=120)
    assert code != 0, text
    assert case["result"].startswith("fail"), text
    assert kit.bundles() == []
    wait_for(lambda: not kit.running())


@needs_reframe
@pytest.mark.skipif(not (shutil.which("rsync") or shutil.which("scp")), reason="there is neither rsync nor scp")
def test_over_ssh_results_come_back_without_a_shared_disk(bridge: Bridge, kit: Kit) -> None:
    hosts = kit.folder / "hosts"
    program = kit.folder / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH.format(hosts=hosts))
    program.chmod(0o755)
    path = f"{program.parent}:{kit.environ['PATH']}"
    code, case, text = bridge.check(words(kit), "desks", {"PATH": path}, results="results")
    assert code == 0, text
    assert set(hosts.read_text().split()) <= {"desk-1", "desk-2"}
    assert len(case["perfvalues"]) == 5
    assert kit.bundles() == []
    done = kit.harness("import", str(Path(case["stagedir"]) / "results"))
    assert done.stdout.startswith("imported 1 run"), done.stdout
