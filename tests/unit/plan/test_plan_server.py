"""Servers of a run: one process for each setting and round, driven by a client."""

import pytest

from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import SERVER_TARGETS, Unfilled, fill_placeholders
from harness.plan.run import plan_run
from harness.plan.server import count_requests, plan_servers
from harness.records.gap import find_gaps
from harness.records.measurement import Case
from harness.records.plan import Dialect, Inventory
from harness.records.suite import Benchmark
from harness.records.weights import Audio, WeightsKind
from tests import factory

JFK = Audio(name="jfk", path="/tree/samples/jfk.wav", sha256="0" * 64, duration_s=11.0)
REAL = factory.weights("tiny").replace(kind=WeightsKind.OFFICIAL)


def given(**changes: object) -> PlanInputs:
    suite = factory.suite().replace(
        benchmarks=(Benchmark.SERVER,), language="en", flash_attn=(0, 1), clients=(1, 4), vad=(0, 1)
    )
    inputs = factory.plan_inputs(
        suite=suite,
        weights=(REAL, factory.weights("base")),
        audio=(JFK,),
        python="/py",
        worker_env=(("PYTHONPATH", "/house"),),
        vad_model="/tree/models/vad.bin",
    )
    return inputs.replace(**changes)


def test_every_setting_in_every_round_but_no_synthetic_weights() -> None:
    steps = list(plan_servers(given()))
    assert len(steps) == len({step.name for step in steps}) == len({step.log for step in steps}) == 2 * 2 * 2 * 2
    assert {step.case.get("model") for step in steps if step.case} == {"tiny"}
    case = Case.of("server", audio="jfk", clients=4, fa=1, model="tiny", threads=4, vad=1)
    first = next(step for step in steps if step.case == case)
    own, server = first.argv[: first.argv.index("--")], first.argv[first.argv.index("--") + 1 :]
    assert own[:5] == ("/py", "-s", "-P", "-m", "harness.client")
    assert own[5:] == ("--audio", JFK.path, "--clients", "4", "--requests", "16", "--span", "60", "--seconds", "3590")
    assert server == (
        *("@server", "-m", "/w/tiny.bin", "-l", "en", "-t", "4", "@fa=1", "--vad", "-vm", "/tree/models/vad.bin"),
    )
    assert first.env == (("PYTHONPATH", "/house"),)
    gaps = find_gaps(given().suite.replace(tests=False), (REAL, factory.weights("base")), (JFK,), ())
    assert sorted(gap.name for gap in gaps) == sorted(f"{one.case}, repetition {one.repetition}" for one in steps)


@pytest.mark.parametrize(("timeout_s", "seconds"), [(3600.0, "3590"), (50.0, "45"), (1.0, "0.9")])
def test_the_client_gives_up_before_the_step_does(timeout_s: float, seconds: str) -> None:
    suite = given().suite
    steps = plan_servers(given(suite=suite.replace(timeouts=suite.timeouts.replace(bench_s=timeout_s))))
    assert {step.argv[step.argv.index("--seconds") + 1] for step in steps} == {seconds}


def test_every_client_has_several_requests() -> None:
    assert [count_requests(clients) for clients in (1, 2, 3, 64)] == [8, 8, 12, 256]


def test_the_server_is_built_where_it_is_needed() -> None:
    words = {word for step in plan_run(given()).steps if step.name == "build_release" for word in step.argv}
    assert {"@server-target"} == words & {"@server-target", "@cli-target"}
    other = given(suite=given().suite.replace(benchmarks=(Benchmark.TRANSCRIBE,)))
    assert not list(plan_servers(other))
    assert "@server-target" not in {word for step in plan_run(other).steps for word in step.argv}


def test_the_server_has_the_name_that_the_tree_gives_it() -> None:
    step = next(plan_servers(given()))
    for target in SERVER_TARGETS:
        filled = fill_placeholders(step, Inventory(targets=(target,), dialect=Dialect(flash_attn=True)))
        assert not isinstance(filled, Unfilled)
        assert f"{step.cwd}/bin/{target}" in filled.argv
    none = fill_placeholders(step, Inventory(targets=("whisper-bench",)))
    assert isinstance(none, Unfilled)
    assert none.reason == "the tree has no whisper-server, which answers requests"
