"""What happened on nodes, as events: suspicions with the command that sorts them, and changes that the records name."""

import random
import shlex

from harness.judge.judged_history import judge_history, select_history, sort_by_trials
from harness.records.history import EventKind, History
from harness.records.raw_history import RawHistory, RawPoint, RawSeriesKey, RunDetail
from tests.live_trial import draw_trial
from tests.unit.judge.test_judge_history import MACHINES, detail

CASES = ("whisper/fa=0/model=base/threads=4", "whisper/fa=0/model=tiny/threads=4")
NIGHTS = 28


def make(
    *, step: float = 0.0, details: dict[int, RunDetail] | None = None, yardsticks: dict[int, str] | None = None
) -> RawHistory:
    """Return two series of a node that both step after night 20, in no order."""
    source = random.Random(7)
    found: dict[RawSeriesKey, list[RawPoint]] = {}
    for case in CASES:
        for night in range(NIGHTS):
            key = RawSeriesKey("node-1", "11111111", case, "encode", (yardsticks or {}).get(night, ""))
            value = 100 * (1 + (step if night >= 20 else 0)) * source.lognormvariate(0, 0.005)
            found.setdefault(key, []).append(RawPoint(night, 1, value, None, None))
    for points in found.values():
        source.shuffle(points)
    runs = {night: (details or {}).get(night, detail(night + 1)) for night in range(NIGHTS)}
    return RawHistory(found, runs, MACHINES)


def kinds(history: History) -> list[EventKind]:
    return [event.kind for event in history.events]


def test_two_series_that_step_together_are_one_event() -> None:
    history = judge_history(make(step=0.05))
    (event,) = history.events
    assert event.kind is EventKind.SUSPICION
    assert len(event.suspicions) == 2
    sha = {night: f"{night + 1:040x}"[:12] for night in range(NIGHTS)}
    words = event.command.split()
    assert words[:2] == ["harness", "ab"]
    assert words[2] in {sha[night] for night in (18, 19)}
    assert words[3] in {sha[night] for night in (20, 21, 22, 23)}
    assert set(words[words.index("--model") + 1].split(",")) == {"base", "tiny"}
    assert words[words.index("--threads") + 1] == "4"
    assert words[words.index("--metric") + 1] == "encode"


def test_the_command_measures_as_was_measured() -> None:
    runs = {night: detail(night + 1, options="--isa avx2 -D 'A=b c'") for night in range(NIGHTS)}
    (event,) = judge_history(make(step=0.05, details=runs)).events
    assert shlex.split(event.command)[-4:] == ["--isa", "avx2", "-D", "A=b c"]
    plain = judge_history(make(step=0.05)).events[0].command
    assert event.command == f"{plain} --isa avx2 -D 'A=b c'"
    (event,) = judge_history(make(step=0.05), options="--results x").events
    assert event.command == f"{plain} --results x", "where its runs belong, to be found there"
    (event,) = judge_history(make(step=0.05), options="--results /x").events
    assert event.command == f"{plain} --results /x  # paths of the computer that measured: /x"


def test_a_search_is_advised_where_several_commits_can_have_done_it() -> None:
    whole = make(step=0.05)
    (event,) = judge_history(whole).events
    assert event.search == "", "nobody knows what lies between two shas"
    for stride, several in ((1, False), (3, True)):
        order = {f"{night + 1:040x}": stride * night for night in range(NIGHTS)}
        (event,) = judge_history(whole, order).events
        apart = order[event.new] - order[event.old]
        assert event.search.startswith(f"harness bisect {event.old[:12]} {event.new[:12]} ") is (apart > 1)
        assert several <= (apart > 1)
    for change, kind in ((0.05, EventKind.CODE), (0.0, EventKind.NODE)):
        measured = draw_trial((event.old, event.new), change, cases=[one.key.case for one in event.suspicions])
        (sorted_event,) = sort_by_trials(judge_history(whole, order), [measured]).events
        assert sorted_event.kind is kind
        command, _, remark = sorted_event.command.partition("  # ")
        assert command == event.command, "measured again with new coins"
        assert remark.startswith(f"--seed {measured.seed}: the random orders of what measured it")
        assert bool(sorted_event.search) is (kind is EventKind.CODE)


def test_nothing_happens_in_noise() -> None:
    assert kinds(judge_history(make())) == []


def test_another_machine_is_an_event_and_no_suspicion() -> None:
    later = {night: detail(night + 1, machine="m2") for night in range(20, NIGHTS)}
    (event,) = judge_history(make(step=0.05, details=later)).events
    assert (event.kind, event.day, event.run) == (EventKind.NODE, "2026-01-21", "run-21")
    assert event.subject == "kernel: 6.1 -> 6.5"
    assert [round(one.change, 2) for one in event.changes] == [0.05, 0.05]
    assert (event.old, event.new) == (f"{20:040x}", f"{21:040x}")
    assert event.command == ""


def test_another_yardstick_is_an_event() -> None:
    names = {night: f"heat-up: {'once' if night < 20 else 'twice'}" for night in range(NIGHTS)}
    (event,) = judge_history(make(step=0.05, yardsticks=names)).events
    assert event.kind is EventKind.YARDSTICK
    assert event.subject == "heat-up: once -> twice"


def test_ids_stay_when_more_nights_come() -> None:
    whole = make(step=0.05)
    most = whole._replace(details={night: one for night, one in whole.details.items() if night < NIGHTS - 2})
    assert [one.id for one in judge_history(most).events] == [one.id for one in judge_history(whole).events]


def test_a_selection_keeps_what_belongs_to_it() -> None:
    history = judge_history(make(step=0.05))
    chosen = select_history(history, lambda key: key.case.get("model") == "tiny")
    assert [one.key.case.get("model") for one in chosen.series] == ["tiny"]
    assert len(chosen.judgements) == 1
    assert chosen.judgements[0].key == chosen.series[0].key
    assert chosen.events == history.events
    assert select_history(history, lambda key: key.case.get("model") == "large").events == ()
    assert select_history(history, lambda _: True, lambda point: point.day > "2027").series == ()


def test_commits_are_in_order_and_known_by_name() -> None:
    history = judge_history(make())
    assert [commit.position for commit in history.commits] == list(range(NIGHTS))
    first = history.commits[0]
    assert (first.short, first.is_named(first.sha[:5]), first.is_named("v1.8.5")) == ("00000000", True, False)
