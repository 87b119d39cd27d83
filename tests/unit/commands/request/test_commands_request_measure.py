"""Runs as they are asked for: one value, and every refusal before anything is done."""

import pytest

from harness.commands.request import measure
from harness.commands.request.measure import resolve_checkup, resolve_kept_run, resolve_roofline, resolve_run
from harness.commands.request.place import open_workplace
from harness.errors import HarnessError, UnfitError, UnreadableError, UsageError
from harness.records.build import CMakeOption
from harness.records.node import Node
from harness.records.suite import Benchmark
from harness.run.places import Workplace
from harness.settings.layer import Settings, layer_settings
from harness.settings.request import PlacementRequest, RunRequest
from harness.system.console import Console
from tests import factory

CORES = ((1, 5), (2, 6), (3, 7), (0, 4))


@pytest.fixture(autouse=True)
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = factory.haswell()
    monkeypatch.setattr(measure, "resolve_node", lambda settings, environ: node)
    monkeypatch.setattr(measure, "probe_capture", lambda environ: {})
    monkeypatch.setattr(measure, "rank_cores", lambda capture: CORES)
    return node


def layered(**flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ={}, flags={"threads": ["2"], **flags})


def workplace(settings: Settings) -> Workplace:
    return open_workplace(settings, {}, Console(quiet=True))


def resolved(**flags: object) -> RunRequest:
    settings = layered(**flags)
    return resolve_run(settings, workplace(settings))


def test_a_run_is_one_value(node: Node) -> None:
    flags = {
        "ref": "v1.8.5",
        "isa": "avx2",
        "llamafile": "on",
        "define": ["GGML_LTO=ON"],
        "jobs": "3",
        "quant": ["q5_0"],
        "weights": "synthetic",
        "pin": "0,2",
        "nice": "5",
        "wait_quiet": "5m",
        "retries": "1",
        "roofline": False,
        "tests": False,
        "dry_run": True,
    }
    request = resolved(**flags)
    assert request.node is node
    assert request.source.ref == "v1.8.5"
    assert (request.build.isa, request.build.jobs, request.build.defines) == ("avx2", 3, ("GGML_LTO=ON",))
    assert {str(option) for option in request.build.isa_options} >= {"-DGGML_NATIVE=OFF", "-DGGML_AVX2=ON"}
    assert [str(option) for option in request.build.recipe.options] == ["-DGGML_LLAMAFILE=ON"]
    assert not request.build.variant
    assert (request.weights.choice, request.weights.made, request.weights.planned) == ("synthetic", ("q5_0",), True)
    assert request.measure.suite.models == ("base-q5_0",)
    assert (request.measure.placement_request, request.measure.ranking) == (PlacementRequest(pin="0,2", nice=5), CORES)
    assert (request.measure.wait_s, request.measure.retries, request.measure.roofline) == (300.0, 1, False)
    assert request.dry
    assert request.used == layered(**flags).describe()


def test_a_build_with_the_kernels_of_every_cpu_has_a_variant() -> None:
    request = resolved(loadable=True, isa="avx2")
    assert request.build.variant == "haswell"
    assert CMakeOption(name="GGML_NATIVE", value="OFF", reason="each variant is for its own kind of CPU") in (
        request.build.isa_options
    )


@pytest.mark.parametrize(
    ("flags", "kind", "said"),
    [
        ({"model": ["bass"]}, UsageError, "no model is called 'bass'"),
        ({"quant": ["q9"]}, UsageError, "unknown type of weights 'q9'"),
        ({"bench": ["wisper"]}, UsageError, "unknown benchmark 'wisper'"),
        ({"bench": ["transcribe"]}, UsageError, "--bench transcribe needs --audio"),
        ({"bench": ["whisper"], "audio": ["jfk"]}, UsageError, "--audio has no effect"),
        ({"vad": ["1"]}, UsageError, "--vad has no effect without a recording"),
        ({"vad": ["2"], "audio": ["jfk"]}, UsageError, "--vad: expected whole numbers from 0 to 1, not '2'"),
        ({"bench": ["memcpy"], "precision": "1%"}, UsageError, "--precision needs a benchmark with models"),
        ({"threads": ["many"]}, UsageError, "--threads: expected whole numbers from 1 to 4096, not 'many'"),
        ({"threads": ["4096"]}, UsageError, "4096 threads on"),
        ({"repetitions": "0"}, UsageError, "--repetitions: expected a number from 1 to 1000000, not 0"),
        ({"engine": "bank"}, UsageError, "unknown engine 'bank'"),
        ({"isa": "avx3"}, UsageError, "unknown instruction set 'avx3'"),
        ({"isa": "amx"}, UnfitError, "this CPU cannot run amx code"),
        ({"isa": "avx_vnni", "loadable": True}, UnfitError, "cannot run avx_vnni"),
        ({"build_type": "Fast"}, UsageError, "--build-type: unknown value 'Fast'"),
        ({"backend": "blas", "blas": "none"}, UsageError, "contradicts --blas none"),
        ({"llamafile": "on", "define": ["GGML_LLAMAFILE=OFF"]}, UsageError, "contradicts -D GGML_LLAMAFILE=OFF"),
        ({"pin": "all"}, UsageError, "--pin: expected auto or CPUs"),
        ({"pin": "8,9"}, UsageError, "CPU 8 may not be used"),
        ({"pin": "0"}, UsageError, "1 CPU for 2 threads"),
        ({"nice": "20"}, UsageError, "--nice: expected a number from -20"),
        ({"cache": "/a,b"}, UsageError, "nothing can be built in the cache"),
    ],
)
def test_what_cannot_be_is_refused_at_once(flags: dict[str, object], kind: type[HarnessError], said: str) -> None:
    with pytest.raises(kind, match=said):
        resolved(**flags)


def test_an_unfinished_run_is_asked_for_as_it_was(node: Node) -> None:
    begun = resolved(isa="avx2", flash_attn=["0", "1"], tests=False)
    state = factory.run().replace(node=node, settings=begun.used, suite=begun.measure.suite)
    assert resolve_kept_run(state, workplace(layered(threads=["1"]))) == begun
    part = resolve_kept_run(state.replace(sweep="s", suite=factory.suite()), workplace(layered()))
    assert part.measure.suite == factory.suite(), "a sweep gives each of its runs a suite"
    odd = tuple(one.replace(value="many") if one.name == "jobs" else one for one in begun.used)
    with pytest.raises(UnreadableError, match="cannot read the settings of"):
        resolve_kept_run(state.replace(settings=odd), workplace(layered()))


def test_the_node_is_measured_with_one_thread_too() -> None:
    settings = layered()
    request = resolve_roofline(settings, workplace(settings))
    assert request.measure.suite.threads == (1, 2)
    assert not request.measure.suite.benchmarks
    assert Benchmark.MEMCPY in resolved().measure.suite.benchmarks


def test_what_a_node_is_looked_at_for_is_not_refused() -> None:
    assert resolve_checkup(layered(threads=["64"], strict=True), {}).threads == 64
