"""The jobs of a fleet, their commands, times and reasons."""

import shlex

import pytest

from harness.plan.fleet import (
    UNKNOWN_S,
    JobForecast,
    forecast_night,
    forecast_runs,
    list_arrays,
    list_jobs,
    plan_fleet,
)
from harness.plan.night import plan_night
from harness.records.fleet import ClusterNode, ClusterView, Fleet, FleetJob, JobKey, NodeChoice, NodeClass, Scheduler
from harness.records.fleet_name import name_jobs
from tests.unit.plan.night_view import ask, name, ran, view

NIGHTLY = FleetJob(name="nightly", verb="nightly", settings=(("budget", ("2h",)), ("tests", ("false",))))
ONCE = FleetJob(name="once", verb="sweep", words=("s.toml", "--axis", "A=1,2"), on=NodeChoice.ANY, limit_s=600.0)
ZEN = NodeClass(
    name="zen",
    scheduler=Scheduler.SLURM,
    jobs=(NIGHTLY, ONCE),
    features="zen",
    harness="python3 -m harness",
    results="/srv/{node}",
    cache="/tmp/c {node}",
)
MAC = NodeClass(name="mac", scheduler=Scheduler.GITHUB, jobs=(NIGHTLY,), labels=("bench",))
FLEET = Fleet(name="lab", classes=(ZEN, MAC))
NODES = tuple(ClusterNode(name=one, states=("idle",), features=("zen",), cpus=2) for one in "ab")
CLUSTER = ClusterView(version="22.05", nodes=NODES, jobs=())


def key(node: str, job: str = "nightly", node_class: str = "zen") -> JobKey:
    return JobKey(fleet="lab", round="today", node_class=node_class, node=node, job=job)


def test_each_node_does_what_is_for_each_and_one_what_is_for_any() -> None:
    jobs = list_jobs(FLEET, "today", CLUSTER)
    assert [one.key for one in jobs] == [key("a"), key("b"), key("", "once"), key("", "nightly", "mac")]
    assert [one.key for one in list_jobs(FLEET, "today", CLUSTER, ("b",))] == [key("b")]
    assert [one.key for one in list_jobs(FLEET, "today", None)] == [key("", "once"), key("", "nightly", "mac")]
    named = FLEET.replace(classes=(MAC.replace(nodes=("m1", "m2")),))
    assert [one.key.node for one in list_jobs(named, "today", None)] == ["m1", "m2"]


def test_runners_write_where_their_action_says_unless_their_class_names_a_folder() -> None:
    fleet = FLEET.replace(
        results="/here", classes=(MAC.replace(results="/here"), MAC.replace(name="m", results="/srv"))
    )
    assert [one.node_class.results for one in list_jobs(fleet, "today", None)] == ["", "/srv"]
    shared = FLEET.replace(results="/here", classes=(ZEN.replace(results="/here"),))
    assert {one.node_class.results for one in list_jobs(shared, "today", CLUSTER)} == {"/here"}, "a shared folder"


def test_a_command_has_the_settings_the_key_and_the_folders_of_its_node() -> None:
    plan = plan_fleet("lab", "today", list_jobs(FLEET, "today", CLUSTER), {})
    first, _, once, _ = plan.jobs
    assert shlex.join(first.words) == (
        "python3 -m harness nightly --budget 2h --no-tests --job lab/today/zen/a/nightly "
        "--as-node a --results /srv/a --cache '/tmp/c a'"
    )
    assert shlex.join(once.words) == (
        "python3 -m harness sweep s.toml --axis A=1,2 --job 'lab/today/zen/*/once' "
        "--as-node '{node}' --results '/srv/{node}' --cache '/tmp/c {node}'"
    )
    assert (first.limit_s, once.limit_s) == (UNKNOWN_S, 600.0)


def test_a_limit_of_the_file_wins_over_the_forecast() -> None:
    jobs = list_jobs(FLEET, "today", CLUSTER)
    told = JobForecast(why="x", limit_s=9000.0, expected_s=60.0)
    plan = plan_fleet("lab", "today", jobs, {key("a"): told, key("", "once"): told})
    assert [job.limit_s for job in plan.jobs] == [9000.0, UNKNOWN_S, 600.0, UNKNOWN_S]
    assert (plan.jobs[0].why, plan.jobs[0].expected_s) == ("x", 60.0)


def test_jobs_of_a_node_are_one_array_and_runners_have_none() -> None:
    two = FLEET.replace(classes=(ZEN.replace(jobs=(NIGHTLY, NIGHTLY.replace(name="again"), ONCE)), MAC))
    plan = plan_fleet("lab", "today", list_jobs(two, "today", CLUSTER), {})
    assert [(one.node_class, one.node, [job.key.job for job in one.jobs]) for one in list_arrays(two, plan)] == [
        ("zen", "a", ["nightly", "again"]),
        ("zen", "b", ["nightly", "again"]),
        ("zen", "", ["once"]),
    ]


def test_an_array_has_no_more_jobs_than_their_names_fit_into_a_comment() -> None:
    jobs = tuple(NIGHTLY.replace(name=f"a-name-of-thirty-two-letters-{number:04}") for number in range(70))
    many = FLEET.replace(classes=(ZEN.replace(jobs=jobs, nodes=("a",)),))
    arrays = list_arrays(many, plan_fleet("lab", "today", list_jobs(many, "today", CLUSTER), {}))
    comments = [name_jobs(tuple(job.key for job in one.jobs)) for one in arrays]
    assert ",".join(comments).split(",") == [job.name for job in jobs]
    assert len(comments) == 3
    assert max(map(len, comments)) <= 1024


def test_nodes_that_are_copied_from_write_to_a_folder_of_their_own_computer() -> None:
    fleet = FLEET.replace(classes=(ZEN.replace(results="{node}:results"), ZEN.replace(name="far", results="nas:/in")))
    plan = plan_fleet("lab", "today", list_jobs(fleet, "today", CLUSTER, ("a",)), {})
    assert [job.words[job.words.index("--results") + 1] for job in plan.jobs] == ["~/results", "/in"]


def test_a_night_is_told_in_its_order_with_the_reason_of_its_beginning() -> None:
    seen = view(10, measured=(ran(0, 9), ran(5, 2)), questions=(ask(0, 5),))
    told = forecast_night(seen, plan_night(seen))
    assert told.why.startswith(f"confirm {name(0)[:8]} : {name(5)[:8]} first (")
    assert f"), then the newest commit {name(9)[:8]}" in told.why
    fitting = [item for item in told.items if item.fits]
    assert told.expected_s == pytest.approx(sum(item.seconds for item in fitting))
    longest_s = max(item.seconds for item in fitting)
    assert told.limit_s >= seen.left_s + longest_s + seen.costs.full_build_s
    assert told.limit_s % 300 == 0


def test_of_a_long_night_the_rest_is_counted() -> None:
    seen = view(10, measured=tuple(ran(number, 9) for number in range(9)))
    plan = plan_night(seen)
    item = plan.items[0]

    def tell(count: int) -> str:
        items = (item, *(item.replace(commit=name(number)) for number in range(count)))
        return forecast_night(seen, plan.replace(items=tuple(one.replace(fits=True) for one in items))).why

    assert "more" not in tell(3)
    assert tell(4).endswith(" and 2 more")


def test_a_node_of_which_nothing_is_known_begins_with_the_head() -> None:
    seen = view(10, cells=())
    told = forecast_night(seen, plan_night(seen))
    assert told.why == f"nothing is known of it: it begins with the newest commit, {name(9)[:8]}"
    assert told.expected_s is None
    assert [item.commit for item in told.items] == [name(9)]
    short = view(10, cells=(), left_s=180.0)
    assert forecast_night(short, plan_night(short)).why == (
        "nothing is known of it; the newest commit usually takes 9 min, more than its budget"
    )
    empty = forecast_night(view(0), plan_night(view(0)))
    assert empty.why == "no commit of the branch is known"


def test_a_night_without_work_says_so() -> None:
    seen = view(10, measured=(ran(9, 0.1),), anchor="")
    assert forecast_night(seen, plan_night(seen)).why == "nothing to do: it looks for new commits"


def test_runs_get_a_multiple_of_the_longest_and_never_less_than_half_an_hour() -> None:
    assert forecast_runs("run", ()).limit_s == UNKNOWN_S
    assert forecast_runs("run", (10.0, 20.0)).limit_s == 1800.0
    told = forecast_runs("run", (3600.0, 1800.0))
    assert (told.limit_s, told.expected_s, told.why) == (10800.0, 1800.0, "run: the last one took 30 min")
