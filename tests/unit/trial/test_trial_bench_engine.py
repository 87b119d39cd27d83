"""Blocks of two whisper-bench processes, made up: what happens to those that stood still."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.plan.block import ROLES, plan_block
from harness.records.measurement import Case
from harness.records.outcome import CompletedProcess
from harness.records.trial import Role
from harness.trial import bench_engine
from harness.trial.bench_engine import BenchEngine
from harness.trial.side_case import BlockOutcome, BlockResult, LostBlock
from tests import factory

BLOCK = plan_block(1, 3, ("encode", "decode"), pairs=1)
CASE = Case.of("whisper", model="tiny", threads=2, fa=0)

NAMES = (("encode", "{encode}", 1), ("decode", 1300, 256), ("batchd", 900, 320), ("prompt", 9900, 4096))
SAID = "".join(
    f"whisper_print_timings:   {name} time =  {total}.00 ms / {runs:5} runs (    1.00 ms per run)\n"
    for name, total, runs in NAMES
)
SAID += "whisper_print_timings:    total time = 14443.00 ms\n"


def play(
    monkeypatch: pytest.MonkeyPatch, folder: Path, stops: Sequence[CompletedProcess], *, retries: int = 2
) -> tuple[BlockOutcome, list[Role]]:
    """Return what came of a block whose processes ended like this, then in peace, and who was started in turn."""
    left, started = list(stops), []

    def execute(argv: Sequence[str], *, log: Path, **_: object) -> CompletedProcess:
        started.append(Role(log.parent.name))
        with log.open("a") as file:
            file.write(SAID.format(encode=100 * len(started)))
        return left.pop(0) if left else factory.completed()

    monkeypatch.setattr(bench_engine, "execute", execute)
    logs = {role: folder / role for role in Role}
    for log in logs.values():
        log.mkdir()
    step = factory.step("bench", case=CASE)
    side_cases = {role: factory.side_case(role, bench_step=step) for role in ROLES}
    return BenchEngine(logs, retries=retries).measure_block(BLOCK, side_cases), started


def stopped(**seconds: float) -> CompletedProcess:
    return factory.completed().replace(**seconds)


def test_both_processes_run_again_where_either_stood_still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = BLOCK.order
    outcome, started = play(monkeypatch, tmp_path, [stopped(stopped_s=0.0), stopped(stopped_s=6.0)])
    assert isinstance(outcome, BlockResult)
    assert started == [first, second, first, second]
    assert (outcome.stood, outcome.halted_s) == (2, 6.0), "a pair of each metric"
    values = [one.value for result in outcome.results for one in result.measurements if one.metric == "encode"]
    assert sorted(values) == [300.0, 400.0], "nothing of the first attempt counts"
    assert (tmp_path / first / "block-3.stopped-1.log").is_file()
    places = [{one.place for one in result.measurements} for result in outcome.results]
    assert places == [{1 + BLOCK.order.index(role)} for role in ROLES]


def test_a_suspended_node_takes_none_of_the_trials_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outcome, started = play(monkeypatch, tmp_path, [stopped(stopped_s=0.0, suspended_s=3600.0)])
    assert (len(started), outcome.halted_s) == (3, 0.0), "the clock of the trial stood still as well"


@pytest.mark.parametrize("retries", [0, 2])
def test_a_block_that_stands_still_again_and_again_is_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, retries: int
) -> None:
    outcome, started = play(monkeypatch, tmp_path, [stopped(stopped_s=6.0)] * 9, retries=retries)
    assert isinstance(outcome, LostBlock)
    assert (len(started), outcome.halted_s, outcome.hopeless) == (retries + 1, 6.0 * (retries + 1), False)
    assert (
        outcome.reason
        == f"whisper-bench of the {BLOCK.order[0]}: the process or the harness was stopped or frozen for 6.0 s"
    )
