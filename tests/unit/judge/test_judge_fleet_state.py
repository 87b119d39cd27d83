from datetime import date

import pytest

from harness.judge.fleet_silence import find_silent_nodes
from harness.judge.fleet_state import (
    RoundFacts,
    choose_last_line,
    is_active,
    judge_round,
    list_other_rounds,
    list_unplanned,
)
from harness.records.fleet import (
    ClusterNode,
    ClusterView,
    FleetPlan,
    JobKey,
    JobState,
    JobTrace,
    NodeClass,
    PlannedJob,
    QueuedJob,
    Scheduler,
)
from harness.records.record import short_hash

KEY = JobKey(fleet="lab", round="r1", node_class="zen4", node="a", job="nightly")
JOB = PlannedJob(key=KEY, words=("harness",), limit_s=60, why="")
CLASS = NodeClass(name="zen4", scheduler=Scheduler.SLURM, jobs=(), features="zen4")
NODE = ClusterNode(name="a", states=("idle",), features=("zen4",), cpus=1)
QUEUED = QueuedJob(key=KEY, number="17_0", state="PENDING", submitted="2026-11-28T00:20:15+00:00")
RUNNING = QUEUED.replace(state="RUNNING", started="2026-11-28T00:21:00+00:00", node="a")
TRACE = JobTrace(
    key=str(KEY), node="a", runs=("20261128T002100Z-x",), newest="2026-11-28T00:21:00+00:00", finished=True
)


def _judge(
    *queued: QueuedJob,
    traces: tuple[JobTrace, ...] = (),
    log: tuple[str, str] | None = None,
    node: ClusterNode = NODE,
    one: NodeClass = CLASS,
    job: PlannedJob = JOB,
    unseen: bool = False,
) -> PlannedJob:
    plan = FleetPlan(fleet="lab", round="r1", jobs=(job,))
    cluster = ClusterView(version="22.05.8", nodes=(node,), jobs=queued)
    facts = RoundFacts(cluster=cluster, traces=traces, logs={str(KEY): log} if log else {})
    facts = facts._replace(unseen=frozenset(("zen4",) if unseen else ()))
    (found,) = judge_round(plan, [one], facts).jobs
    return found


def test_what_nothing_is_known_of_is_absent() -> None:
    found = _judge()
    assert (found.state, found.about) == (JobState.ABSENT, "neither in the queue nor in the results")


def test_results_alone_make_a_job_done() -> None:
    found = _judge(RUNNING, traces=(TRACE.replace(exit_code=11),))
    assert (found.state, found.about, found.since) == (JobState.DONE, "exit code 11", TRACE.newest)
    assert found.command == "harness show a/20261128T002100Z-x"
    night = _judge(traces=(TRACE.replace(runs=()),))
    assert night.command == "harness show night --node a"


def test_results_on_two_nodes_are_said() -> None:
    found = _judge(traces=(TRACE, TRACE.replace(node="b")))
    assert (found.state, found.about) == (JobState.DONE, "done on a and b: it was submitted twice")


def test_the_job_that_runs_says_more_than_the_one_that_waits() -> None:
    found = _judge(QUEUED.replace(number="16_0"), RUNNING, QUEUED.replace(number="18_0"))
    assert (found.state, found.about, found.since) == (JobState.RUNNING, "job 17_0 runs", RUNNING.started)
    again = _judge(RUNNING.replace(restarts=3))
    assert again.about == "job 17_0 runs, restarted 3 times"
    assert _judge(RUNNING.replace(restarts=1)).about == "job 17_0 runs, restarted once"
    ending = _judge(RUNNING.replace(state="COMPLETING"))
    assert (ending.state, ending.about) == (JobState.RUNNING, "job 17_0: COMPLETING")


@pytest.mark.parametrize(
    ("reason", "state", "about"),
    [
        ("Resources", JobState.WAITING, "its node is busy"),
        ("BeginTime", JobState.WAITING, "it was put back into the queue, and Slurm lets it wait for a while"),
        ("", JobState.WAITING, "Slurm has not looked at it yet"),
        ("SomethingNew", JobState.WAITING, "SomethingNew"),
        ("JobHeldUser", JobState.HOPELESS, "it is held by its owner (scontrol release 17_0)"),
        (
            "launch failed requeued held",
            JobState.HOPELESS,
            "it could not be started on its node, and is held (scontrol release 17_0)",
        ),
        ("BadConstraints", JobState.HOPELESS, "no node has the features that it asks for"),
        ("PartitionTimeLimit", JobState.HOPELESS, "its time limit is above that of its partition"),
    ],
)
def test_why_a_job_waits(reason: str, state: JobState, about: str) -> None:
    found = _judge(QUEUED.replace(reason=reason))
    assert (found.state, found.about) == (state, f"job 17_0 waits: {about}")
    assert found.command == "scontrol show job 17_0"


def test_a_job_waits_in_vain_for_a_feature_that_was_taken_away() -> None:
    found = _judge(QUEUED, node=NODE.replace(features=("zen3",)))
    assert (found.state, found.command) == (JobState.HOPELESS, "sinfo -N -o '%N %f'")
    assert found.about == "job 17_0 waits: its node lacks zen4"
    any_key = KEY.replace(node="")
    anywhere = _judge(QUEUED.replace(key=any_key), node=NODE.replace(features=("zen3",)), job=JOB.replace(key=any_key))
    assert (anywhere.state, anywhere.about) == (JobState.HOPELESS, "job 17_0 waits: no node has zen4")


def test_a_job_waits_in_vain_for_a_node_that_is_drained_or_gone() -> None:
    drained = _judge(QUEUED, node=NODE.replace(states=("drained",), reason="fan is broken"))
    assert (drained.state, drained.command) == (JobState.HOPELESS, "scontrol show node a")
    assert drained.about == "job 17_0 waits: a is drained: fan is broken"
    gone = _judge(QUEUED, node=NODE.replace(name="b"))
    assert (gone.state, gone.about) == (JobState.HOPELESS, "job 17_0 waits: Slurm has no node a")


def test_a_job_for_any_node_waits_in_vain_once_all_of_its_class_are_away() -> None:
    key = KEY.replace(node="")
    busy, down = NODE.replace(states=("allocated",)), NODE.replace(name="b", states=("down",))
    one = CLASS.replace(nodes=("a", "b"))
    plan = FleetPlan(fleet="lab", round="r1", jobs=(JOB.replace(key=key),))
    waits = QUEUED.replace(key=key, reason="Resources")
    found = []
    for nodes in ((busy, down), (busy.replace(states=("drained",)), down, NODE.replace(name="c"))):
        cluster = ClusterView(version="22.05.8", nodes=nodes, jobs=(waits,))
        (job,) = judge_round(plan, [one], RoundFacts(cluster=cluster, traces=(), logs={})).jobs
        found.append((job.state, job.about, job.command))
    assert found == [
        (JobState.WAITING, "job 17_0 waits: its node is busy", "scontrol show job 17_0"),
        (JobState.HOPELESS, "job 17_0 waits: no node of its class can be used", "sinfo -R"),
    ]


@pytest.mark.parametrize("features", ["[zen5*2]", ""])
def test_constraints_that_only_slurm_understands_are_left_to_it(features: str) -> None:
    assert _judge(QUEUED, one=CLASS.replace(features=features)).state is JobState.WAITING


def test_without_slurm_nothing_is_lost_and_what_is_done_is_done() -> None:
    for traces in ((), (TRACE.replace(finished=False),)):
        facts = RoundFacts(cluster=None, traces=traces, logs={str(KEY): ("/in/a.log", "[1/8] build")})
        (found,) = judge_round(FleetPlan(fleet="lab", round="r1", jobs=(JOB,)), [CLASS], facts).jobs
        assert (found.state, found.about) == (JobState.ABSENT, "not done; whether it is in the queue is not known")
    (done,) = judge_round(
        FleetPlan(fleet="lab", round="r1", jobs=(JOB,)), [CLASS], RoundFacts(cluster=None, traces=(TRACE,), logs={})
    ).jobs
    assert done.state is JobState.DONE


def test_a_job_that_left_a_log_alone_is_lost() -> None:
    found = _judge(log=("/in/a.log", "harness: no space left"))
    assert (found.state, found.command) == (JobState.LOST, "tail /in/a.log")
    assert found.about == "it left no result; its log ends with: harness: no space left"


def test_a_job_that_slurm_ended_is_lost() -> None:
    found = _judge(QUEUED.replace(state="TIMEOUT", node="a"))
    assert (found.state, found.command) == (JobState.LOST, "scontrol show job 17_0")
    assert found.about == "Slurm ended job 17_0: TIMEOUT; it left no result"
    assert not is_active(QUEUED.replace(state="TIMEOUT"))


def test_a_job_whose_node_cannot_write_says_so() -> None:
    found = _judge(QUEUED.replace(state="FAILED", node="a"))
    assert found.about == (
        "Slurm ended job 17_0: FAILED; it left neither a result nor a log: its node may not write to `results` of its "
        "class"
    )
    told = _judge(QUEUED.replace(state="FAILED", node="a"), log=("/my in/a.log", ""))
    assert (told.about, told.command) == ("Slurm ended job 17_0: FAILED; it left no result", "tail '/my in/a.log'")


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED"])
def test_what_was_not_collected_yet_is_not_lost(state: str) -> None:
    found = _judge(QUEUED.replace(state=state, node="a"), unseen=True)
    assert (found.state, found.on, found.command) == (JobState.ENDED, "a", "harness fleet collect")
    assert found.about == f"Slurm ended job 17_0: {state}; its results were not collected yet"
    assert _judge(QUEUED.replace(state=state), unseen=True, traces=(TRACE,)).state is JobState.DONE
    assert _judge(QUEUED.replace(state="TIMEOUT"), unseen=True).state is JobState.LOST
    assert _judge(unseen=True).about == "neither in the queue nor in what was collected"


def test_jobs_that_the_file_has_no_more_are_said_while_they_are_in_the_queue() -> None:
    gone = QUEUED.replace(key=KEY.replace(job="old"), number="16_1")
    plan, view = FleetPlan(fleet="lab", round="r1", jobs=(JOB,)), ClusterView(version="", nodes=(NODE,), jobs=())
    assert list(list_unplanned(plan, view.replace(jobs=(QUEUED, gone.replace(state="COMPLETED"))))) == []
    (one,) = list_unplanned(plan, view.replace(jobs=(QUEUED, gone)))
    assert one.startswith("lab/r1/zen4/a/old: in the queue, but not in the file of the fleet any more (")
    assert one.endswith("(scontrol show job 16_1; scancel 16_1)")
    (two,) = list_unplanned(plan, view.replace(jobs=(gone, QUEUED, gone)))
    assert two.startswith("lab/r1/zen4/a/old, and 1 other: in the queue")


def test_jobs_of_other_rounds_that_are_in_the_queue_are_said() -> None:
    others = tuple(QUEUED.replace(key=KEY.replace(round=word)) for word in ("r0", "r1", "r2", "r2"))
    ended = QUEUED.replace(key=KEY.replace(round="r3"), state="COMPLETED")
    cluster = ClusterView(version="22.05.8", nodes=(NODE,), jobs=(*others, ended))
    assert list(list_other_rounds(cluster, "r1")) == [
        "1 job of round r0 is in the queue (harness fleet status --round r0)",
        "2 jobs of round r2 are in the queue (harness fleet status --round r2)",
    ]


def test_a_job_that_was_begun_is_lost_until_it_is_finished() -> None:
    found = _judge(traces=(TRACE.replace(finished=False),))
    assert (found.state, found.command) == (JobState.LOST, "harness list --unfinished")
    assert found.about == "20261128T002100Z-x is not finished"
    assert _judge(QUEUED, traces=(TRACE.replace(finished=False),)).state is JobState.WAITING


def test_jobs_of_runners_are_known_by_their_results() -> None:
    one = NodeClass(name="zen4", scheduler=Scheduler.GITHUB, jobs=(), labels=("x",))
    assert _judge(one=one).state is JobState.ABSENT
    assert _judge(one=one, traces=(TRACE,)).state is JobState.DONE


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("a\nharness: full\n\n== 2026 on a, job 17\n", "harness: full"),
        ("harness: old\nharness: no space\n  cause: it is full\n  try:   df\n", "harness: no space"),
        ("[1/8] build\n[2/8] measure\n", "[2/8] measure"),
        ("/srv/script: line 3: harness: command not found\n", "/srv/script: line 3: harness: command not found"),
        ("== 2026 on a, job 17\n", ""),
        ("", ""),
    ],
)
def test_what_the_end_of_a_log_says(log: str, said: str) -> None:
    assert choose_last_line(log) == said


TODAY = date(2026, 11, 28)


def test_a_node_that_fell_silent_is_the_event_that_its_history_has() -> None:
    reports = {"a": ["20261120", "20261101"], "b": ["20261125"]}
    (event,) = find_silent_nodes(("a", "b"), reports, TODAY, 3)
    assert (event.node, event.subject, event.day) == ("a", "no report since 2026-11-20", "2026-11-24")
    assert event.id == short_hash("silent", "a", "2026-11-20", length=8)


def test_a_node_that_never_reported_is_missed_once_the_fleet_is_older_than_that() -> None:
    assert find_silent_nodes(("a", "b"), {"a": ["20261126"]}, TODAY, 3) == ()
    (event,) = find_silent_nodes(("a", "b"), {"a": ["20261101", "20261127"]}, TODAY, 3)
    assert (event.node, event.subject) == ("b", "it has never reported")
    assert find_silent_nodes(("a",), {}, TODAY, 3) == ()


def test_a_clock_that_was_ahead_and_runs_without_a_day_hide_no_silence() -> None:
    (event,) = find_silent_nodes(("a",), {"a": ["20261101", "20991231", "undated-"]}, TODAY, 3)
    assert event.subject == "no report since 2026-11-01"
