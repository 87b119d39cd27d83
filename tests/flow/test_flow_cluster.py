"""Jobs of a fleet on a real Slurm cluster, and what breaks there: nothing is lost, nothing doubled, nothing overlaps.

All nodes are this computer (tests/cluster.py), with fake tools (tests/flow/lab.py). Each test has a fleet of its own
name, so that nobody sees the jobs of another, and leaves the cluster as it found it.
"""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import cluster as slurm
from tests.cluster import Cluster
from tests.flow.kit import Busy
from tests.flow.lab import NODES, Lab, list_overlaps

WHY_NOT = slurm.why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

TWO_JOBS = """\
[class.{0}]
features = "{0}"
[[class.{0}.job]]
verb = "run"
name = "one"
[[class.{0}.job]]
verb = "run"
name = "two"
"""
ONE_JOB = """\
[class.{0}]
features = "{0}"
nodes = ["{1}"]
[[class.{0}.job]]
verb = "run"
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with slurm.serve(NODES) as started:
        yield started


@pytest.fixture
def lab(tmp_path: Path, cluster: Cluster, tiny_weights: Path) -> Iterator[Lab]:
    made = Lab(tmp_path, cluster, tiny_weights)
    yield made
    made.fleet("cancel", "--all-rounds", code=None)


def require_whole(lab: Lab, jobs: int) -> None:
    """Require one finished run for each job, and no two of them on one node at one time."""
    keys = Counter(run.job for run in lab.runs())
    assert len(keys) == jobs, lab.logs()
    assert set(keys.values()) == {1}
    assert list_overlaps(lab.runs()) == []


def find_job(cluster: Cluster, node: str, words: str = "-m harness run") -> psutil.Process:
    """Return the process of the harness on a node, whose folder Slurm has not made."""
    for process in cluster.processes():
        try:
            if process.environ().get("SLURMD_NODENAME") == node and words in " ".join(process.cmdline()):
                return process
        except psutil.Error:
            continue
    raise AssertionError(f"no harness runs on {node}")


def test_what_any_node_may_do_is_done_once(lab: Lab) -> None:
    lab.write(TWO_JOBS.format("zen4").replace('name = "two"', 'name = "two"\non = "any"'))
    lab.fleet("submit", "--round", "weekly.7")
    states = lab.wait_for("done", words=("--round", "weekly.7"))
    assert set(states) == {"b/one", "c/one", "*/two"}
    assert states["*/two"]["on"] in ("b", "c")
    assert states["*/two"]["key"]["node"] == ""
    require_whole(lab, 3)
    assert (lab.results / ".fleet-logs" / lab.name / "weekly.7" / "zen4" / "+any" / "two.log").exists()


def test_six_jobs_over_two_classes_survive_what_breaks(lab: Lab, cluster: Cluster) -> None:
    lab.write(TWO_JOBS.format("zen3"), TWO_JOBS.format("zen4"))
    gates = {node: lab.hold(node) for node in NODES}
    lab.fleet("submit")
    lab.wait(lambda: all(map(lab.measures, NODES)), lab.logs)
    # All three are in the middle of a measurement. The controller dies: nothing can be asked, and the jobs go on.
    cluster.wait_until_saved()
    cluster.kill("slurmctld")
    asked = lab.fleet("status", code=4)
    assert "the controller of Slurm does not answer" in asked.stderr
    assert "scontrol ping" in asked.stderr
    gates["c"].touch()
    lab.wait(lambda: any(run.node.name == "c" for run in lab.runs()), lab.logs)
    cluster.start_controller()
    # The power of a node fails: its daemon and its job die together, and it does not come back for a while.
    cluster.kill_node("b")
    # The harness of a job is killed: the job has ended, and the next one of its node begins.
    find_job(cluster, "a").send_signal(signal.SIGKILL)
    lab.wait_for("done", "a/two", "c/one", "c/two")
    lost = lab.states()["a/one"]
    assert lost["state"] == "lost"
    assert "is not finished" in lost["about"]
    assert lab.fleet("status", code=12).stdout.count("lost") == 2  # in the head and in the line of the job
    # Slurm misses the node, puts its job back into the queue, and starts it when the node is there again.
    cluster.wait_for_nodes("down", "b")
    waiting = lab.states()["b/two"]
    assert (waiting["state"], waiting["command"]) == ("hopeless", "scontrol show node b")
    assert "b is down" in waiting["about"]
    cluster.start_node("b")
    again = lab.fleet("submit")
    assert "submitted 1 job" in again.stdout
    assert "was lost" in again.stdout
    lab.wait_for("done")
    require_whole(lab, 6)
    assert lab.logs().count("resuming ") == 2  # those of a and b, which were killed
    nothing = lab.fleet("submit")
    assert "nothing to submit" in nothing.stdout
    assert lab.fleet("status").stdout.startswith(f"fleet {lab.name}")


def test_a_daemon_that_dies_alone_loses_nothing(lab: Lab, cluster: Cluster) -> None:
    lab.write(ONE_JOB.format("zen4", "b"))
    gate = lab.hold("b")
    lab.fleet("submit")
    lab.wait(lambda: lab.measures("b"), lab.logs)
    cluster.kill("b")
    gate.touch()
    lab.wait_for("done")
    cluster.start_node("b")
    cluster.wait_for_nodes("idle", "b")
    require_whole(lab, 1)


def test_a_node_that_is_too_noisy_is_tried_again(lab: Lab) -> None:
    job = ONE_JOB.format("zen3", "a") + 'refuse_noise = true\nwait_quiet = "1s"\n'
    lab.write(job)
    with Busy(lab.kits["a"]):
        lab.fleet("submit")
        found = lab.wait(lambda: (job := lab.states()["a/run"])["about"].count("restarted") and job, lab.logs)
        assert found["state"] in ("waiting", "running")
        assert not lab.runs()
    lab.wait_for("done")
    require_whole(lab, 1)


def test_a_job_that_waits_for_a_feature_that_was_taken_away(lab: Lab, cluster: Cluster) -> None:
    cluster.call("scontrol", "update", "NodeName=c", "State=DRAIN", "Reason=fan is broken")
    try:
        lab.write(ONE_JOB.format("avx512", "c"))
        lab.fleet("submit")
        drained = lab.wait_for("hopeless")["c/run"]
        assert drained["about"].endswith("waits: c is drained: fan is broken")
        assert lab.fleet("status", code=12).stdout.count("hopeless") == 2
        cluster.call("scontrol", "update", "NodeName=c", "AvailableFeatures=zen4", "ActiveFeatures=zen4")
        cluster.call("scontrol", "update", "NodeName=c", "State=RESUME")
        vain = lab.wait_for("hopeless")["c/run"]
        assert (vain["about"].partition(": ")[2], vain["command"]) == (
            "its node lacks avx512",
            "sinfo -N -o '%N %f'",
        )
    finally:
        cluster.call("scontrol", "update", "NodeName=c", "AvailableFeatures=zen4,avx512", "ActiveFeatures=zen4,avx512")
        cluster.call("scontrol", "update", "NodeName=c", "State=RESUME")
    lab.wait_for("done")
    require_whole(lab, 1)


def test_a_job_that_slurm_interrupts_cancels_or_requeues_goes_on_and_is_done_once(lab: Lab, cluster: Cluster) -> None:
    lab.write(ONE_JOB.format("zen3", "a"), ONE_JOB.format("avx512", "b"), ONE_JOB.format("zen4", "c"))
    for node in NODES:
        lab.hold(node)
    lab.fleet("submit")
    lab.wait(lambda: all(map(lab.measures, NODES)), lab.logs)
    numbers = {job: state["about"].split()[1] for job, state in lab.states().items()}
    # As --signal=B:INT does it two minutes before the time limit.
    cluster.call("scancel", "--batch", "--signal=INT", numbers["a/run"])
    assert "cancelled 1 job" in lab.fleet("cancel", "--class", "avx512").stdout
    assert cluster.call("scontrol", "requeue", numbers["c/run"]) == ""
    lost = lab.wait_for("lost", "a/run", "b/run")
    assert "is not finished" in lost["a/run"]["about"]
    assert lab.states()["c/run"]["state"] in ("running", "waiting", "done")
    assert "submitted 2 jobs" in lab.fleet("submit").stdout
    lab.wait_for("done", "a/run", "b/run")
    # Slurm lets a job that was put back wait for two minutes, which nobody has to.
    cluster.call("scontrol", "update", f"JobId={numbers['c/run']}", "StartTime=now")
    lab.wait_for("done")
    require_whole(lab, 3)


def test_what_slurm_refuses_keeps_nothing_else_from_it(lab: Lab) -> None:
    lab.write(ONE_JOB.format("zen3", "gone"), ONE_JOB.format("zen4", "b").replace('"run"', '"run"\non = "any"'))
    done = lab.fleet("submit", code=4)
    assert "submitted 1 job" in done.stdout
    assert "Slurm did not take 1 job" in done.stdout
    assert "not submitted: sbatch: a node of the class is unknown" in done.stdout
    assert "sinfo -N" in done.stdout
    states = lab.wait_for("done", "*/run")
    # The class has one node, and the other one with its features is none of it.
    assert states["*/run"]["on"] == "b"
    assert states["gone/run"].get("state", "absent") == "absent"


def test_rounds_that_are_not_asked_for_are_said_as_long_as_they_are_in_the_queue(lab: Lab) -> None:
    lab.write(ONE_JOB.format("zen3", "a"))
    lab.fleet("submit", "--round", "first")
    lab.wait_for("done", words=("--round", "first"))
    assert "nothing to submit in round first" in lab.fleet("submit", "--round", "first").stdout
    lab.hold("a")
    lab.fleet("submit", "--round", "second")
    asked = lab.fleet("status", "--round", "third").stdout
    assert "note: 1 job of round second is in the queue (harness fleet status --round second)" in asked
    none = lab.fleet("cancel", "--round", "third").stdout
    assert none.startswith(f"no job of fleet {lab.name}, round third is in the queue\n")
    assert "note: 1 job of round second" in none


def test_two_submissions_at_once_submit_everything_once(lab: Lab, cluster: Cluster) -> None:
    lab.write(TWO_JOBS.format("zen4"))
    for node in ("b", "c"):
        lab.hold(node)
    started = [lab.start("submit") for _ in range(3)]
    said = [child.communicate(timeout=100)[0] for child in started]
    assert sum("submitted 4 jobs" in one for one in said) == 1, said
    assert sum("nothing to submit" in one for one in said) == 2
    # A controller that was killed may have brought back jobs of other tests.
    assert cluster.call("squeue", "-hr", "-o", "%j").count(f"harness:{lab.name}:") == 4
    dry = lab.fleet("cancel", "--dry-run")
    assert "would cancel 4 jobs" in dry.stdout
    cancelled = lab.fleet("cancel", "--node", "c")
    assert "cancelled 2 jobs" in cancelled.stdout
    assert f"{lab.name}/" in cancelled.stdout
    lab.wait(lambda: lab.states()["c/two"]["state"] == "lost", lambda: f"{lab.states()}\n{lab.logs()}")
    assert lab.states()["b/two"]["state"] == "waiting"
    assert "CANCELLED" in lab.states()["c/two"]["about"]
    assert "cancelled 2 jobs" in lab.fleet("cancel").stdout
    assert "no job of fleet" in lab.fleet("cancel", "--all-rounds").stdout


def test_a_full_disk_of_results_loses_the_job_and_says_so(lab: Lab) -> None:
    small = lab.folder / "small"
    small.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=False).returncode
    ):
        pytest.skip("only root can make a disk that is full")
    try:
        lab.write(ONE_JOB.format("zen3", "a").replace("nodes", f'results = "{small}"\nnodes'))
        lab.fleet("submit")
        lost = lab.wait_for("lost")["a/run"]
        assert "space" in lost["about"]
        assert lost["command"].startswith("tail ")
        assert lab.fleet("status", code=12).stdout.count("lost") == 2
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        lab.fleet("submit")
        lab.wait_for("done")
        assert lab.states()["a/run"]["about"] == "exit code 0"
    finally:
        subprocess.run(["umount", "-l", small], check=False)
