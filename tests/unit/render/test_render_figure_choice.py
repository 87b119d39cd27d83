"""Which figures there are of runs and of sweeps."""

from harness.judge.sweep_table import tabulate_sweep
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import Run
from harness.render.figure.choice import draw_all, list_run_figures, list_runs_figures, list_sweep_figures
from tests import factory, field
from tests.picture import check_figure

MODEL = Case.of("whisper", model="tiny", threads=2, fa=0)
PRODUCT = Case.of("mul_mat", n=64, type="f32", threads=2)
COPY = Case.of("memcpy", threads=1)
ROOF = Case.of("roof", threads=2)


def whole() -> Run:
    """Return a run of everything, with two repetitions of a model."""
    values = ((MODEL, "encode", 100.0), (MODEL, "decode", 5.0))
    return factory.run(
        factory.result("r", Phase.ROOFLINE, Status.PASSED, (ROOF, "peak_flop_rate", 90.0), (ROOF, "read_rate", 9.0)),
        factory.result("c", Phase.BENCHMARK, Status.PASSED, (COPY, "copy_rate", 9.0)),
        factory.result("m", Phase.BENCHMARK, Status.PASSED, (PRODUCT, "flop_rate", 50.0)),
        factory.result("w1", Phase.BENCHMARK, Status.PASSED, *values),
        factory.result("w2", Phase.BENCHMARK, Status.PASSED, *values),
    )


def test_a_run_of_everything_has_all_figures_the_models_first() -> None:
    figures = list_run_figures(whole())
    assert [kind.value for kind, _ in figures] == ["models", "mul_mat", "roofline", "memcpy", "repetitions"]
    for kind, draw in figures:
        assert check_figure(draw).kind is kind


def test_a_run_has_no_figure_of_what_it_did_not_measure() -> None:
    assert list_run_figures(factory.run()) == ()
    copies = factory.run(factory.result("c", Phase.BENCHMARK, Status.PASSED, (COPY, "copy_rate", 9.0)))
    assert [kind.value for kind, _ in list_run_figures(copies)] == ["memcpy"]
    only = Case.of("whisper", model="tiny", threads=2, fa=0)
    loaded = factory.run(factory.result("w", Phase.BENCHMARK, Status.PASSED, (only, "load", 9.0)))
    assert "models" not in [kind.value for kind, _ in list_run_figures(loaded)]


def test_several_runs_share_the_figure_of_their_models() -> None:
    kinds = [kind.value for kind, _ in list_runs_figures([whole(), whole().replace(id="other")])]
    assert kinds == ["models", *(["mul_mat", "roofline", "memcpy", "repetitions"] * 2)]


def test_a_sweep_has_a_grid_for_each_metric() -> None:
    made = field.sweep()
    table = tabulate_sweep(made, field.runs(made, lambda _: 100.0, rounds=2))
    titles = [figure.title.split()[0] for figure in draw_all(list_sweep_figures(table))]
    assert titles == ["encode", "decode", "batchd", "prompt"]
    assert len(list_sweep_figures(tabulate_sweep(made, {}))) == 1, "one that says that there is nothing"
