"""Blocks of two workers, with workers made of words instead of processes."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from harness.errors import UnfitError
from harness.plan.block import ROLES, plan_block
from harness.plan.worker import PIECE
from harness.records.outcome import CompletedProcess
from harness.records.plan import Placement
from harness.records.trial import Role
from harness.trial import library_engine
from harness.trial.library_engine import LibraryEngine
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock, SideCase
from tests import factory

BLOCK = plan_block(1, 3, ("encode", "decode"), pairs=2)
SECOND = BLOCK.order[1]


class Script:
    """What the workers say: costs by role, and what comes instead of an ordinary answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[Role, str]] = []
        self.closed: list[Role] = []
        self.log = ""
        # Seconds in which somebody stood still, answer by answer of this role and command; then nobody does.
        self.still: dict[tuple[Role, str], list[float]] = {}
        self.argv: dict[Role, Sequence[str]] = {}
        self.environment: Mapping[str, str] = {}
        self.folders: dict[Role, Path] = {}
        self.paddings: dict[Role, int] = {}
        self.instead: dict[tuple[Role, str], list[dict[str, object] | str | None]] = {}

    def answer(self, role: Role, line: str) -> str | None:
        self.asked.append((role, line))
        name = line.split(maxsplit=1)[0]
        fields: dict[str, object] = {"ok": True, "command": name}
        if name == "start":
            fields["protocol"] = 1
        if line in PIECE.values():
            fields |= {"units": 1, "wall_ns": 100_000_000 if role is Role.BASELINE else 200_000_000}
        instead = self.instead.get((role, name), [])
        change = instead.pop(0) if instead else {}
        if isinstance(change, dict):
            return json.dumps(fields | change)
        return change


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    told = Script()

    class Dialogue:
        stopped = ""
        asked_still_s = halted_s = 0.0

        def __init__(
            self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, placement: Placement | None
        ) -> None:
            self.role = Role(log.parent.name)
            told.argv[self.role] = argv
            told.environment = env
            told.folders[self.role] = cwd
            told.paddings[self.role] = len(env["HARNESS_PADDING"])
            if told.instead.get((self.role, "spawn")):
                raise UnfitError("cannot start python")

        def hear(self, timeout_s: float) -> str | None:
            return told.answer(self.role, "start")

        def ask(self, line: str, timeout_s: float) -> str | None:
            still = told.still.get((self.role, line.split(maxsplit=1)[0]), [])
            self.asked_still_s = still.pop(0) if still else 0.0
            self.halted_s += self.asked_still_s
            return told.answer(self.role, line)

        def read_log(self) -> str:
            return told.log

        def close(self, wait_s: float = 5.0) -> CompletedProcess:
            told.closed.append(self.role)
            return factory.completed(-6)

    monkeypatch.setattr(library_engine, "Dialogue", Dialogue)
    return told


def side_case(role: Role) -> SideCase:
    return factory.side_case(
        role,
        environment=(("PATH", "/bin"),),
        library=f"/{role}/libwhisper.so",
        plant=0.05 if role is Role.CONTENDER else 0.0,
    )


def play(*, retries: int = 2) -> BlockOutcome:
    engine = LibraryEngine({role: Path(f"/logs/{role}") for role in Role}, timeout_s=9, retries=retries)
    return engine.measure_block(BLOCK, {role: side_case(role) for role in Role})


def played(*, retries: int = 2) -> BlockResult:
    outcome = play(retries=retries)
    assert isinstance(outcome, BlockResult)
    return outcome


def lost() -> LostBlock:
    outcome = play()
    assert isinstance(outcome, LostBlock)
    return outcome


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("cpus", "disturbed"), [(0.25, 1), (0.12, 0)])
def test_a_short_call_is_held_to_be_disturbed_as_the_long_one_beside_it_is(
    script: Script, role: Role, cpus: float, disturbed: int
) -> None:
    """Calls of 0.1 and 0.2 s: of 0.25 CPUs the shorter one alone would show too little to be told from ticks."""
    name = PIECE["encode"].split()[0]
    script.instead[role, name] = [{}, {"other_cpus": cpus}]
    assert played().disturbed == disturbed


def test_the_sides_take_turns_in_the_order_of_the_block(script: Script) -> None:
    outcome = played()
    baseline, contender = outcome.results
    assert [(one.metric, one.repetition, one.process) for one in baseline.measurements] == [
        (pair.metric, pair.repetition, 3) for pair in BLOCK.pairs
    ]
    places = [{one.place for one in side.measurements} for side in (baseline, contender)]
    assert places == [{1 + BLOCK.order.index(role)} for role in ROLES]
    assert {one.value for one in baseline.measurements} == {100.0}
    assert {one.value for one in contender.measurements} == {200.0}
    assert (outcome.disturbed, outcome.retried, outcome.idle_share) == (0, 0, 0.0)
    timed = [(role, line) for role, line in script.asked if line in PIECE.values()]
    assert timed == [(role, PIECE[pair.metric]) for pair in BLOCK.pairs for role in pair.order]
    opening = [line for role, line in script.asked if role is SECOND][:3]
    assert opening[:2] == ["start", "load /w/tiny.bin 2 0"]
    assert sorted(opening[2].split()) == ["decode", "encode", "warm"]
    assert script.asked[0] == (BLOCK.order[0], "start")
    assert {line for _, line in script.asked[-2:]} == {"quit"}
    assert script.closed == list(BLOCK.order)


def test_what_the_hardware_counted_stands_beside_the_time(script: Script) -> None:
    name = PIECE["decode"].split()[0]
    script.instead[Role.BASELINE, name] = [{"units": 64, "counts": {"instructions": 640, "cycles": None}}]
    baseline, contender = played().results
    assert [(one.metric, one.value) for one in baseline.counts] == [("decode_instructions", 10.0)]
    (count,) = baseline.counts
    assert (count.repetition, count.process, count.place) == (1, 3, 1 + BLOCK.order.index(Role.BASELINE))
    assert count.case == baseline.measurements[0].case
    assert contender.counts == ()
    assert {one.metric for one in baseline.measurements} == {"encode", "decode"}


def test_nothing_but_what_is_compared_and_the_drawn_padding_differs_between_the_sides(script: Script) -> None:
    played()
    assert script.folders[Role.BASELINE] == script.folders[Role.CONTENDER]
    assert tuple(script.paddings[role] for role in ROLES) == BLOCK.heap_paddings


def test_a_library_that_is_not_the_blocks_own_is_told(script: Script) -> None:
    engine = LibraryEngine({role: Path(f"/logs/{role}") for role in Role}, timeout_s=9, retries=2)
    fresh = {role: side_case(role).replace(root=f"/fresh/{role}", code_layout=7) for role in Role}
    own = {role: f"/fresh/{role}/src/libwhisper.so" for role in Role}
    other = "/builds/x/ggml/src/libggml-cpu.so"
    for files, shared in (([], ""), ([own[Role.CONTENDER]], ""), ([own[Role.CONTENDER], other], other)):
        script.instead[Role.CONTENDER, "start"] = [{"files": files}]
        outcome = engine.measure_block(BLOCK, fresh)
        assert isinstance(outcome, BlockResult)
        assert outcome.shared == shared
        assert [result.layout for result in outcome.results] == [7, 7]


def test_only_the_contender_is_planted(script: Script) -> None:
    played()
    assert "--plant" not in script.argv[Role.BASELINE]
    assert script.argv[Role.CONTENDER][-3:] == ("--plant", "0.05", "/contender/libwhisper.so")
    assert script.environment["KMP_BLOCKTIME"] == "1"


@pytest.mark.parametrize("wall_ns", [0, -5])
@pytest.mark.parametrize("role", Role)
def test_a_clock_that_goes_backwards(script: Script, role: Role, wall_ns: int) -> None:
    script.instead[role, "decode"] = [{"wall_ns": wall_ns}]
    found = lost()
    assert (found.role, found.hopeless) == (role, False)
    assert found.reason == f"the clock of the {role}'s worker went backwards"
    assert sorted(script.closed) == sorted(Role)


def played_after(script: Script, blocks: int, *others_cpus: float) -> BlockResult:
    """Return what came of a block whose encodes met with this load, after so many quiet blocks of four pairs."""
    engine = LibraryEngine({role: Path(f"/logs/{role}") for role in Role}, timeout_s=9, retries=2)
    for _ in range(blocks):
        engine.measure_block(BLOCK, {role: side_case(role) for role in Role})
    script.asked.clear()
    script.instead[Role.CONTENDER, "encode"] = [{"other_cpus": cpus} for cpus in others_cpus]
    outcome = engine.measure_block(BLOCK, {role: side_case(role) for role in Role})
    assert isinstance(outcome, BlockResult)
    return outcome


def test_a_pair_under_load_is_measured_again_by_both(script: Script) -> None:
    outcome = played_after(script, 1, 1.0)
    assert (outcome.disturbed, outcome.retried) == (0, 1)
    for role in Role:
        assert [line for one, line in script.asked if one is role].count("encode") == 3
    assert len(outcome.results[0].measurements) == 4


def test_load_that_stays_is_counted_and_kept(script: Script) -> None:
    outcome = played_after(script, 9, *[1.0] * 99)
    assert (outcome.disturbed, outcome.retried) == (2, 2), "one more look at each pair shows that it stays"
    assert len(outcome.results[1].measurements) == 4


def test_load_that_goes_down_is_worth_all_retries(script: Script) -> None:
    outcome = played_after(script, 9, 1.6, 0.8, 0.4, 0.0)
    assert (outcome.disturbed, outcome.retried) == (1, 2)


@pytest.mark.parametrize(("blocks", "retried"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 4)])
def test_repeating_costs_a_quarter_of_what_counts_at_most(script: Script, blocks: int, retried: int) -> None:
    assert played_after(script, blocks, *[1.6, 0.8, 0.4] * 3).retried == retried


def test_a_tick_of_the_kernels_clock_is_no_load(script: Script) -> None:
    script.instead[Role.BASELINE, "encode"] = [{"other_cpus": 3.0, "wall_ns": 9_000_000}, {"other_cpus": None}]
    assert played().retried == 0


@pytest.mark.parametrize("role", Role)
def test_a_pair_in_which_either_side_stood_still_is_measured_again_by_both(script: Script, role: Role) -> None:
    script.still[role, "encode"] = [6.0, 0.03]
    outcome = played()
    assert (outcome.stood, outcome.retried, outcome.disturbed) == (2, 0, 0)
    assert outcome.halted_s == pytest.approx(6.03)
    for side in Role:
        assert [line for one, line in script.asked if one is side].count("encode") == 4
        assert {one.value for one in outcome.results[ROLES.index(side)].measurements} == {
            100.0 * (ROLES.index(side) + 1)
        }
    assert len(outcome.results[0].measurements) == 4


def test_a_stop_while_nothing_is_timed_harms_nothing(script: Script) -> None:
    script.still = {(Role.BASELINE, "load"): [6.0], (Role.CONTENDER, "warm"): [6.0]}
    outcome = played()
    assert (outcome.stood, outcome.halted_s) == (0, 12.0), "but it is none of the trial's time"


@pytest.mark.parametrize("retries", [0, 2])
def test_a_block_in_which_somebody_stands_still_again_and_again_is_lost(script: Script, retries: int) -> None:
    script.still[Role.CONTENDER, "encode"] = [6.0] * 9
    outcome = play(retries=retries)
    assert isinstance(outcome, LostBlock)
    assert (outcome.role, outcome.hopeless, outcome.halted_s) == (Role.CONTENDER, False, 6.0 * (retries + 1))
    assert "the harness or the node was stopped or frozen for 6.0 s while a call was timed" in outcome.reason


def test_a_worker_that_spins_in_the_others_turn(script: Script) -> None:
    for name in ("encode", "decode"):
        script.instead[Role.BASELINE, name] = [{"idle_cpu_ns": 50_000_000}] * 2
    assert played().idle_share == pytest.approx(0.25)  # of the 200 ms that the other took


@pytest.mark.parametrize(
    ("role", "command", "said", "words", "hopeless"),
    [
        (Role.BASELINE, "start", {"ok": False, "error": "does not export whisper_encode"}, "does not export", True),
        (Role.CONTENDER, "start", {"protocol": 4}, "speaks protocol 4, not 3", True),
        (Role.BASELINE, "start", None, "failed at 'start': killed by SIGABRT", False),
        (Role.BASELINE, "load", {"ok": False, "error": "the library refuses"}, "the library refuses", True),
        (Role.CONTENDER, "load", None, "failed at 'load': killed by SIGABRT", False),
        (Role.BASELINE, "warm", {"ok": False, "error": "whisper_encode returned 3"}, "returned 3", False),
        (Role.BASELINE, "encode", None, "failed at 'encode': killed by SIGABRT", False),
        (Role.BASELINE, "encode", "noise", "strange answer: 'noise'", False),
        (Role.BASELINE, "encode", {"command": "decode"}, "answered 'decode' although 'encode' was asked", False),
        (Role.CONTENDER, "quit", None, "failed at 'quit'", False),
    ],
)
def test_what_loses_a_block(
    script: Script, role: Role, command: str, said: dict[str, object] | str | None, words: str, *, hopeless: bool
) -> None:
    script.instead[role, command] = [said]
    found = lost()
    assert words in found.reason
    assert (found.role, found.hopeless) == (role, hopeless)
    assert set(script.closed) >= {one for one, _ in script.asked}, "none is left behind"


def test_another_backend_than_the_one_asked_for_ends_the_trial(script: Script) -> None:
    script.log = "whisper_backend_init_gpu: no GPU found\n"
    engine = LibraryEngine({role: Path(f"/logs/{role}") for role in Role}, timeout_s=9, retries=2)
    outcome = engine.measure_block(BLOCK, {role: side_case(role).replace(backend="vulkan") for role in Role})
    assert isinstance(outcome, LostBlock)
    assert outcome.hopeless
    assert outcome.reason.startswith("vulkan was asked for, but CPU ran")
    assert "--no-gpu" not in script.argv[BLOCK.order[0]]


def test_a_worker_for_the_cpu_leaves_gpus_alone(script: Script) -> None:
    engine = LibraryEngine({role: Path(f"/logs/{role}") for role in Role}, timeout_s=9, retries=2)
    assert isinstance(
        engine.measure_block(BLOCK, {role: side_case(role).replace(backend="cpu") for role in Role}), BlockResult
    )
    assert all("--no-gpu" in argv for argv in script.argv.values())


@pytest.mark.parametrize("role", Role)
def test_a_worker_that_cannot_be_started(script: Script, role: Role) -> None:
    script.instead[role, "spawn"] = ["unused"]
    found = lost()
    assert (found.reason, found.role, found.hopeless) == ("cannot start python", role, True)
    assert script.closed == list(itertools.takewhile(lambda one: one is not role, BLOCK.order))
