"""The cells of a sweep and the order in which they are measured."""

import pytest

from harness.errors import UsageError
from harness.plan.axis import convert_axes, convert_excludes, parse_axes
from harness.plan.grid import interleave, lay_grid, make_side_request
from harness.records.measurement import Case
from harness.records.plan import Phase, Plan, Step
from harness.records.sweep import Axis
from tests import factory
from tests.field import AXES


def test_every_combination_once_and_one_config_for_what_shares_it() -> None:
    entries, cells = lay_grid((*AXES, Axis(name="GGML_LLAMAFILE", values=("OFF", "ON"))), ())
    assert len(cells) == 8
    assert [entry.values for entry in entries] == [(("GGML_LLAMAFILE", "OFF"),), (("GGML_LLAMAFILE", "ON"),)]
    assert [cell.entry for cell in cells] == [0, 1] * 4
    assert {str(cell.case) for cell in cells if cell.entry == 0} == {
        f"whisper/fa={fa}/model=tiny/threads={threads}" for fa in (0, 1) for threads in (1, 2)
    }


def test_an_axis_may_be_named_as_its_setting() -> None:
    assert parse_axes(["flash_attn=0,1"]) == parse_axes(["fa=0,1"]) == {"fa": ("0", "1")}
    assert convert_axes({"flash-attn": [0, 1]}, "sweep.toml") == {"fa": ("0", "1")}
    assert convert_excludes([{"flash_attn": 1}], AXES, "sweep.toml") == ((("fa", "1"),),)


def test_an_axis_that_is_given_twice_loses_no_value_in_silence() -> None:
    for words in (["fa=0", "flash_attn=1"], ["GGML_LTO=ON", "GGML_LTO:BOOL=OFF"], ["threads=1", "threads=2"]):
        with pytest.raises(UsageError, match="given twice"):
            parse_axes(words)
    with pytest.raises(UsageError, match="the axis fa is given twice"):
        convert_axes({"fa": [0], "flash-attn": [1]}, "sweep.toml")


def test_exclusions_leave_out_what_has_all_their_values() -> None:
    _, cells = lay_grid(AXES, ((("threads", "1"), ("fa", "1")),))
    assert [(dict(cell.values)["threads"], dict(cell.values)["fa"]) for cell in cells] == [
        ("1", "0"),
        ("2", "0"),
        ("2", "1"),
    ]
    with pytest.raises(UsageError, match="nothing is left"):
        lay_grid(AXES, ((("model", "tiny"),),))


def test_a_type_that_does_not_fit_has_its_reason() -> None:
    axes = (AXES[0], Axis(name="quant", values=("q8_0", "q4_k")), *AXES[2:])
    _, cells = lay_grid(axes, ())
    assert {cell.reason.partition(":")[0] for cell in cells if dict(cell.values)["quant"] == "q4_k"} == {
        "tiny cannot be quantised to q4_k"
    }
    assert not any(cell.reason for cell in cells if dict(cell.values)["quant"] == "q8_0")
    assert cells[0].case.get("model") == "tiny-q8_0"


def test_a_grid_beyond_reason() -> None:
    wide = tuple(Axis(name=f"A{number}", values=tuple(map(str, range(10)))) for number in range(5))
    with pytest.raises(UsageError, match="cells are too many"):
        lay_grid((*AXES, *wide), ())


def test_a_config_changes_settings_and_options() -> None:
    request = make_side_request((("isa", "avx2"), ("GGML_BLAS", "ON"), ("OpenMP_ROOT", "/x")))
    assert (request.values, request.defines) == ((("isa", "avx2"),), ("GGML_BLAS=ON", "OpenMP_ROOT=/x"))


def bench(threads: int, repetition: int) -> Step:
    case = Case.of("whisper", model="tiny", threads=threads, fa=0)
    return factory.step(f"bench_{threads}_{repetition}", case=case).replace(repetition=repetition)


def test_builds_come_first_then_round_by_round_over_all_plans() -> None:
    build = factory.step("build_release", Phase.BUILD)
    steps = (build, *(bench(threads, number) for number in (1, 2, 3) for threads in (1, 2)))
    plans = [Plan(sites=(), steps=steps), Plan(sites=(), steps=steps)]
    order = list(interleave(plans, seed=1))
    assert [step.name for _, step in order[:2]] == ["build_release"] * 2
    rounds = [order[2 + 4 * number : 6 + 4 * number] for number in range(3)]
    for number, turn in enumerate(rounds, 1):
        assert {step.repetition for _, step in turn} == {number}
        assert {(index, step.name) for index, step in turn} == {
            (index, f"bench_{threads}_{number}") for index in (0, 1) for threads in (1, 2)
        }
    assert order == list(interleave(plans, seed=1)), "to be reproduced"
    assert order != list(interleave(plans, seed=2))
