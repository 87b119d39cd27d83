"""Live comparisons as they are asked for: what each side changes, and what is refused before anything is built."""

import pytest

from harness.commands.request import trial
from harness.commands.request.place import open_workplace
from harness.commands.request.trial import (
    apply_side,
    draw_seeds,
    resolve_ab,
    resolve_calibration,
)
from harness.errors import UnfitError, UsageError
from harness.plan.side import SideRequest, parse_side
from harness.records.node import Node
from harness.records.run import SettingOrigin
from harness.records.suite import Engine
from harness.settings.layer import Settings, layer_settings
from harness.system.console import Console
from harness.trial.request import TrialRequest
from tests import factory


def parse(words: str) -> SideRequest:
    return parse_side(words, is_folder=lambda word: word in (".", "../tree", "~/tree"))


def shared(**flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ={}, flags=flags)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    """A node, and two sides that are settled without a look at any checkout."""
    node = factory.haswell()
    monkeypatch.setattr(trial, "resolve_node", lambda settings, environ: node)
    monkeypatch.setattr(trial, "resolve_sides", lambda lineup, environ, note: tuple(map(parse, lineup.words)))
    return node


def compare(*words: str, **flags: object) -> TrialRequest:
    settings = shared(**flags)
    return resolve_ab(settings, open_workplace(settings, {}, Console(quiet=True)), words)


def test_a_side_goes_over_the_shared_settings() -> None:
    both = shared(define=["GGML_OPENMP=OFF"], threads=["4"], flash_attn=["0", "1"])
    mine = apply_side(parse("v1.8.4,threads=2,GGML_LLAMAFILE=ON"), both)
    assert mine.text("ref") == "v1.8.4"
    assert mine.words("threads") == ("2",)
    assert mine.words("flash_attn") == ("0", "1")
    assert mine.words("define") == ("GGML_OPENMP=OFF", "GGML_LLAMAFILE=ON")
    assert both.words("define") == ("GGML_OPENMP=OFF",), "the other side's are as they were"
    origins = {used.name: used.origin for used in mine.describe()}
    assert (origins["threads"], origins["isa"]) == ("flag", "default")


def test_the_home_of_a_path_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    mine = apply_side(parse("source=~/tree,weights=~/w.bin,compiler=~/cc"), shared())
    assert [mine.text(name) for name in ("source", "weights", "compiler")] == [
        "/home/me/tree",
        "/home/me/w.bin",
        "/home/me/cc",
    ]
    with pytest.raises(UsageError, match="no home folder found for ~nobody-of-this-name"):
        apply_side(parse("source=~nobody-of-this-name/tree"), shared())


def test_a_side_that_changes_nothing() -> None:
    both = shared(define=["GGML_OPENMP=OFF"])
    assert apply_side(SideRequest(label="baseline"), both) == both


def test_a_value_that_cannot_be_names_its_side() -> None:
    both = shared()
    with pytest.raises(UsageError, match="fa=7: jobs"):
        both.override({"jobs": "many"}, "fa=7")


def test_each_side_is_a_run_of_its_own(node: Node) -> None:
    asked = compare("v1.8.4,fa=1", "v1.8.5,openmp=off", threads=["2"], max_time="90s", metric=["encode"])
    assert [run.source.ref for run in asked.runs] == ["v1.8.4", "v1.8.5"]
    assert [run.measure.suite.flash_attn for run in asked.runs] == [(1,), (0,)]
    assert [len(run.build.recipe.options) for run in asked.runs] == [0, 1]
    assert all(run.measure.suite.engine is Engine.LIBRARY and not run.measure.suite.tests for run in asked.runs)
    assert (asked.design.max_time_s, asked.design.metrics, asked.design.named) == (90.0, ("encode",), True)
    assert all(run.node is node for run in asked.runs)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("words", "flags", "said"),
    [
        (("fa=0", "fa=1"), {"metric": ["load"]}, "unknown metric"),
        (("fa=0", "fa=1"), {"pairs": "0"}, "--pairs: expected a number from 1 to 1000, not 0"),
        (("fa=0", "fa=1"), {"engine": "bank"}, "unknown engine"),
        (("isa=avx3", "isa=avx"), {}, "unknown instruction set 'avx3'"),
        (("blas=none", "backend=cpu"), {"backend": "blas"}, "contradicts --blas none"),
        (("threads=1", "threads=1"), {"threads": ["1", "2"], "flash_attn": ["7"]}, "--flash-attn"),
        (("threads=1", "fa=0"), {"threads": ["1", "2"]}, "the sides have 1 and 2 cases"),
        (("fa=0", "fa=1"), {"relink": True, "define": ["GGML_LTO=ON"]}, "--relink does not work with GGML_LTO=ON"),
        (("fa=0", "fa=1"), {"nice": "low"}, "--nice: expected a number from -20"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_once(
    words: tuple[str, str], flags: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        compare(*words, **flags)


@pytest.mark.usefixtures("node")
def test_what_this_node_cannot_run_is_refused_at_once() -> None:
    with pytest.raises(UnfitError, match="cannot run amx code"):
        compare("isa=avx2", "isa=amx")


def test_every_trial_of_a_calibration_has_a_seed_of_its_own(node: Node) -> None:
    settings = shared(trials="3", threads=["1"]).supply("seed", 7)
    trials = resolve_calibration(settings, open_workplace(settings, {}, Console(quiet=True)))
    seeds = draw_seeds(7, 3)
    assert seeds[0] == 7
    assert len(set(seeds)) == 3
    assert [one.design.seed for one in trials] == seeds
    assert [run.measure.suite.seed for one in trials for run in one.runs] == [seed for seed in seeds for _ in "ab"]
    assert not any(one.design.early for one in trials)
    told = [next(used for used in one.runs[0].used if used.name == "seed") for one in trials]
    assert [used.value for used in told] == [str(seed) for seed in seeds]
    assert [used.origin for used in told] == [SettingOrigin.DEFAULT, SettingOrigin.FLAG, SettingOrigin.FLAG]
    assert trials[0].node is node
    with pytest.raises(UsageError, match="--trials: expected"):
        resolve_calibration(shared(trials="0"), open_workplace(settings, {}, Console(quiet=True)))
