"""Stored live comparisons of the two commits of a suspicion show what it was."""

import random

import pytest

from harness.judge.judged_history import judge_history, sort_by_trials
from harness.judge.trial_answer import answer_trial, match_events
from harness.records.history import Event, EventKind, History, SeriesStatus
from harness.records.measurement import Case
from harness.records.raw_history import RunDetail
from harness.records.run import Run
from harness.records.trial import Role, Trial
from tests import factory
from tests.unit.judge.test_judge_comparison import timing
from tests.unit.judge.test_judge_history import detail
from tests.unit.judge.test_judge_judged_history import make

CASES = [Case.of("whisper", model=model, threads=4, fa=0) for model in ("base", "tiny")]


@pytest.fixture(scope="module", name="history")
def suspect() -> History:
    """Return a history with one event: both of its series step by 5 %."""
    raw = make(step=0.05)
    config = factory.config().id
    return judge_history(raw._replace(series={key._replace(config=config): one for key, one in raw.series.items()}))


def measure(role: Role, factor: float, isa: str = "native") -> Run:
    draw = random.Random(str(role))
    values = [
        timing(case, "encode", factor * draw.lognormvariate(4.6, 0.002), 1, block)
        for block in range(1, 31)
        for case in CASES
    ]
    return factory.run(*values).replace(
        id=str(role),
        config=factory.config().replace(isa=isa),
        trial=Trial(id="t", role=role, seed=7, pairs=1, builds=1),
    )


def store(event: Event, *, node: str = "node-1", trial: str = "t", old: str = "") -> tuple[RunDetail, RunDetail]:
    side = detail(28, node=node, trial=trial, purpose="trial")
    return side.replace(sha=old or event.old, run_id="old"), side.replace(sha=event.new, run_id="new")


def test_trials_of_the_two_commits_are_found(history: History) -> None:
    (event,) = history.events
    for sides in (store(event), store(event)[::-1]):
        (match,) = match_events(history, [detail(3), *sides])
        assert (match.event, match.old.run_id, match.new.run_id) == (event, "old", "new")
    others = [
        *store(event, node="another"),
        *store(event, trial=""),
        *store(event, old=event.new),
        *store(event, trial="long ago", old="f" * 40),
        store(event, trial="half")[0],
    ]
    assert match_events(history, others) == ()


def test_the_commit_before_may_have_become_a_later_one(history: History) -> None:
    (event,) = history.events
    points = history.series[0].points
    since = event.suspicions[0].place.since
    for number, found in ((since - 1, 1), (since - 3, 1), (since, 0)):
        assert len(match_events(history, store(event, old=points[number].commit))) == found, number


@pytest.mark.parametrize(
    ("factor", "kind", "status"),
    [
        (1.05, EventKind.CODE, SeriesStatus.CONFIRMED),
        (1.0, EventKind.NODE, SeriesStatus.STEADY),
    ],
)
def test_they_sort_the_event(history: History, factor: float, kind: EventKind, status: SeriesStatus) -> None:
    (event,) = history.events
    assert (event.open, event.command[:10]) == (True, "harness ab")
    answer = answer_trial(event, measure(Role.CONTENDER, 1.0), measure(Role.BASELINE, factor))
    assert answer is not None
    after = sort_by_trials(history, [answer])
    assert [one.kind for one in after.events] == [kind]
    assert (after.events[0].id, after.events[0].command) == (event.id, "")
    assert after.events[0].open is (kind is EventKind.CODE)
    assert {one.status for one in after.judgements} == {status}
    assert sort_by_trials(history, []) == history


def test_another_config_may_blame_the_code_and_not_clear_it(history: History) -> None:
    (event,) = history.events

    def ask(factor: float, *isas: str) -> bool:
        old, new = (measure(role, size, isa) for role, size, isa in zip(Role, (1.0, factor), isas, strict=True))
        return answer_trial(event, old, new) is not None

    assert ask(1.05, "avx2", "avx2")
    assert not ask(1.0, "avx2", "avx2")
    assert not ask(1.05, "native", "avx2")
    assert answer_trial(event, measure(Role.BASELINE, 1.0), measure(Role.BASELINE, 1.0)) is None


def test_what_a_trial_measured_is_no_point() -> None:
    raw = make(step=0.05)
    trial = raw.details[27].replace(purpose="trial", trial="t")
    found = judge_history(raw._replace(details=raw.details | {27: trial}))
    assert {len(one.points) for one in found.series} == {27}
    assert len(found.commits) == 27
