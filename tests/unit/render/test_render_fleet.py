"""The plan of a fleet as text, and the matrix of its runners."""

import json

from harness.plan.fleet import AskedJob
from harness.records.fleet import FleetJob, FleetPlan, JobKey, JobState, NodeClass, PlannedJob, Scheduler
from harness.records.night import WorkItem, WorkKind
from harness.render.fleet import render_fleet_plan, render_matrix


def key(node: str, job: str = "nightly") -> JobKey:
    return JobKey(fleet="lab", round="r1", node_class="zen", node=node, job=job)


def item(reason: str, *, fits: bool = True, commit: str = "b" * 40) -> WorkItem:
    return WorkItem(
        kind=WorkKind.CONFIRM, baseline="a" * 40, commit=commit, reason=reason, seconds=60, bits=1, fits=fits
    )


def planned(node: str, *items: WorkItem, **fields: object) -> PlannedJob:
    known: dict[str, object] = {"key": key(node), "words": (), "limit_s": 1800.0, "why": f"why {node}", "items": items}
    return PlannedJob(**(known | fields))  # type: ignore[arg-type]


def render(*jobs: PlannedJob, width: int = 0, notes: tuple[str, ...] = ()) -> str:
    return render_fleet_plan(FleetPlan(fleet="lab", round="r1", jobs=jobs, notes=notes), width=width)


def test_one_item_of_several_nodes_is_one_line_with_their_minutes_together() -> None:
    text = render(planned("a", item("slow")), planned("b", item("slow")), planned("c", item("odd", commit="c" * 40)))
    work = text.partition("Who measures what:\n")[2].splitlines()
    assert [line.split() for line in work[1:]] == [
        ["confirm", "aaaaaaaa", ":", "bbbbbbbb", "a,", "b", "2.0", "slow"],
        ["confirm", "aaaaaaaa", ":", "cccccccc", "c", "1.0", "odd"],
    ]
    many = render(*(planned(f"n{number}", item("slow" if number else "odd")) for number in range(9)))
    assert "9 nodes      9.0  odd (and 1 other reason)" in many


def test_what_does_not_fit_and_what_is_done_is_not_work() -> None:
    done = planned("a", item("slow"), state=JobState.DONE, about="exit code 0")
    text = render(done, planned("b", item("slow", fits=False)))
    assert "Who measures" not in text
    assert text.startswith("lab, round r1: 2 jobs on 2 nodes, 1 done\n")
    assert "exit code 0" in text


def test_a_job_that_will_be_submitted_says_what_it_would_do_and_another_what_became_of_it() -> None:
    lost = planned("a", state=JobState.LOST, about="it was killed")
    waits = planned("b", state=JobState.WAITING, about="job 7_0 waits")
    first, second = render(lost, waits).splitlines()[2:4]
    assert first.endswith("why a")
    assert second.endswith("job 7_0 waits")


def test_notes_follow_and_nothing_is_wider_than_the_terminal() -> None:
    text = render(planned("a", item("x" * 30 + " " + "y" * 60)), width=80, notes=("word " * 40,))
    assert max(map(len, text.splitlines())) <= 80
    assert "word word" in text
    assert render() == "lab, round r1: 0 jobs on 0 nodes\n  nothing to do\n"


def test_a_matrix_names_runners_by_their_class_where_they_have_no_names() -> None:
    job = FleetJob(name="nightly", verb="nightly")
    one = NodeClass(name="mac", scheduler=Scheduler.GITHUB, jobs=(job,), labels=("bench",), cache="/c/{node}")
    rows = json.loads(render_matrix([AskedJob(key(""), one, job), AskedJob(key("m1"), one, job)]))
    assert [(row["node"], row["labels"], row["cache"]) for row in rows] == [
        ("mac", ["bench"], "/c/mac"),
        ("m1", ["bench", "m1"], "/c/m1"),
    ]
    assert rows[0]["command"] == "nightly --job 'lab/r1/zen/*/nightly'"
