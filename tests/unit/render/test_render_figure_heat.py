"""Heat maps: matrix products of a run, and the grid of a sweep."""

import math
import re

import pytest

from harness.judge.sweep_table import tabulate_sweep
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import Run
from harness.records.sweep import Axis, Sweep, SweepTable
from harness.render.figure.heat import find_step
from harness.render.figure.mul_mat import draw_mul_mat
from harness.render.figure.sweep import draw_sweep
from tests import factory, field
from tests.picture import HOSTILE, check_figure, list_tips, list_words


def products(*rates: tuple[str, int, float], threads: int = 4) -> Run:
    values = [(Case.of("mul_mat", n=n, type=kind, threads=threads), "flop_rate", rate) for kind, n, rate in rates]
    return factory.run(factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, *values))


def grid(**values: tuple[str, ...]) -> Sweep:
    """Return a small sweep with other values of some axes, or with further axes."""
    known = {axis.name: axis.values for axis in field.AXES} | values
    return field.sweep(tuple(Axis(name=name, values=found) for name, found in known.items()))


def table(rounds: int, **values: tuple[str, ...]) -> SweepTable:
    made = grid(**values)
    return tabulate_sweep(made, field.runs(made, lambda values: 1000.0 / int(values["threads"]), rounds=rounds))


def test_each_product_is_a_cell_with_its_rate() -> None:
    figure = check_figure(lambda: draw_mul_mat(products(("f16", 64, 10.0), ("f16", 4096, 95.4), ("q4_0", 64, 19.6))))
    words = list_words(figure)
    assert [word for word in words if word in ("f16", "q4_0")] == ["f16", "q4_0"]
    assert {"64", "4096", "10.00", "95.40", "19.60", "-"} <= set(words)
    assert figure.summary == "The highest rate is 95.40 GFLOP/s, with f16 at 4096 x 4096."
    assert len(figure.table.rows) == 3
    assert "seq-0" in figure.marks
    assert "seq-8" in figure.marks


def test_sizes_are_in_the_order_of_numbers_and_other_threads_are_in_the_table() -> None:
    both = products(("f16", 4096, 9.0), ("f16", 64, 8.0)).replace()
    both = both.replace(results=(*both.results, *products(("f16", 64, 3.0), threads=16).results))
    figure = check_figure(lambda: draw_mul_mat(both))
    assert "threads: 16; other numbers of threads (4) are in the table" in list_words(figure)
    assert "9.000" not in list_words(figure)
    assert [row[2] for row in figure.table.rows] == ["4", "4", "16"]
    single = draw_mul_mat(products(("f16", 4096, 9.0), ("f16", 64, 8.0)))
    columns = [word for word in list_words(single) if word in ("64", "4096")]
    assert columns == ["64", "4096"]


def test_a_run_without_products_says_so() -> None:
    figure = check_figure(lambda: draw_mul_mat(factory.run()))
    assert figure.summary == "No matrix product was measured."
    assert figure.summary in list_words(figure)


@pytest.mark.parametrize("rate", [1e-300, 1e300, 5e-324, 1.7e308])
def test_extreme_rates_stay_within_the_frame(rate: float) -> None:
    check_figure(lambda: draw_mul_mat(products(("f16", 64, rate), ("f32", 64, 1.0))))
    check_figure(lambda: draw_mul_mat(products(("f16", 64, rate))))


def test_hostile_names_are_text() -> None:
    run = products(("f16", 64, 1.0))
    figure = check_figure(lambda: draw_mul_mat(run.replace(node=run.node.replace(name=HOSTILE))))
    assert max(map(len, list_words(figure))) < 150


@pytest.mark.parametrize(
    ("value", "step"),
    [(None, None), (math.nan, None), (math.inf, None), (0.0, None), (-1.0, None), (1.0, 0), (100.0, 8)],
)
def test_colours_are_equal_factors_apart(value: float | None, step: int | None) -> None:
    assert find_step(value, 1.0, 100.0) == step


def test_a_middle_colour_is_the_geometric_mean_or_the_half() -> None:
    assert find_step(10.0, 1.0, 100.0) == 4
    assert find_step(50.0, 0.0, 100.0, log=False) == 4
    assert find_step(3.0, 3.0, 3.0) == 4, "where all are equal"


def test_what_cannot_be_told_from_the_best_is_marked() -> None:
    made = table(40, threads=("1", "4"))
    standing = next(one for one in made.standings if one.metric == "encode")
    figure = check_figure(lambda: draw_sweep(made))
    assert standing.unresolved
    alike = {number for number, row in enumerate(figure.table.rows) if row[-1] == "not told from the best"}
    assert alike == {standing.row, *standing.unresolved}
    assert "stroke-text dash" in figure.marks


def test_cells_that_cannot_be_told_apart_are_dashed() -> None:
    few = table(3)
    figure = check_figure(lambda: draw_sweep(few))
    assert "cannot be told from 3 others of 3 yet" in figure.summary
    assert figure.marks.count("stroke-text dash") == 4
    assert "stroke-text thick" not in figure.marks


def test_a_winner_alone_is_a_solid_frame() -> None:
    made = grid(threads=("1", "4"), fa=("0",))
    sure = tabulate_sweep(made, field.runs(made, lambda values: 1000.0 / int(values["threads"]), rounds=40))
    figure = check_figure(lambda: draw_sweep(sure))
    assert figure.summary == "threads=4 is really the best in encode: better than 1 other."
    assert figure.marks.count("stroke-text thick") == 1
    assert [row[-1] for row in figure.table.rows] == ["", "best"]


def test_a_cell_without_a_number_says_why() -> None:
    made = field.sweep()
    figure = check_figure(lambda: draw_sweep(tabulate_sweep(made, {})))
    assert "There are no two cells to compare in encode." in list_words(figure)
    assert any(re.search(r"its run is missing", tip) for tip in list_tips(figure))


def test_a_large_grid_is_cut_and_says_so() -> None:
    made = grid(isa=tuple(map(str, range(100))), fa=("0",))
    figure = check_figure(lambda: draw_sweep(tabulate_sweep(made, field.runs(made, lambda _: 5.0, rounds=1))))
    assert len(figure.table.rows) == 200
    assert "80 more cells of the sweep in the table." in list_words(figure)
