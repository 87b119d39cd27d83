"""The roofline of a run, and its memory copies, as figures."""

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from harness.judge.roof_point import list_roof_points, list_roofs
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.roofline import Roof
from harness.records.run import Run
from harness.render.figure.figure import Figure, write_svg
from harness.render.figure.memcpy import draw_memcpy
from harness.render.figure.roofline import draw_roofline
from harness.whisper.tensor_layout import SHAPES
from harness.whisper.workload import count_decode, count_encode
from tests import factory
from tests.picture import HOSTILE, SVG, check_figure, list_words

_AT = re.compile(r"-?\d+(?:\.\d+)?")


def measured(*values: tuple[Case, str, float]) -> Run:
    """Return a run with a roofline of 100 GFLOP/s and 20 GB/s for two threads, and other numbers."""
    roof = Case.of("roof", threads=2)
    roofs = factory.result(
        "roof-before", Phase.ROOFLINE, Status.PASSED, (roof, "peak_flop_rate", 100.0), (roof, "read_rate", 20.0)
    )
    return factory.run(roofs, factory.result("x", Phase.BENCHMARK, Status.PASSED, *values))


def product(n: int, rate: float, kind: str = "f32") -> tuple[Case, str, float]:
    return Case.of("mul_mat", n=n, type=kind, threads=2), "flop_rate", rate


def copies(*rates: float) -> Run:
    single = (Case.of("memcpy", loop="single", threads=1), "copy_rate", 9.5)
    many = [(Case.of("memcpy", threads=count), "copy_rate", rate) for count, rate in enumerate(rates, 1)]
    return factory.run(factory.result("memcpy", Phase.BENCHMARK, Status.PASSED, single, *many))


def find_marks(figure: Figure, tip: str) -> list[tuple[float, float]]:
    """Return where marks are whose tip begins with these words."""
    places = []
    for mark in ElementTree.fromstring(write_svg(figure).encode()).iter():
        title = mark.find(f"{SVG}title")
        if mark.tag != f"{SVG}svg" and title is not None and (title.text or "").startswith(tip):
            if mark.tag == f"{SVG}circle":
                places.append((float(mark.attrib["cx"]), float(mark.attrib["cy"])))
            else:
                numbers = [float(one) for one in _AT.findall(mark.attrib["d"])]
                xs, ys = numbers[::2], numbers[1::2]
                places.append(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    return places


def test_a_product_does_n_to_the_third_on_three_squares() -> None:
    # F32: 2 n^3 FLOP, and 4 bytes for each value of the two operands and of the result.
    (point,) = list_roof_points(measured(product(600, 50.0)))
    assert point.intensity == pytest.approx(2 * 600**3 / (600**2 * 12))
    assert point.intensity == pytest.approx(100.0)
    assert point.rate == 50.0
    # Q4_0: 18 bytes for 32 values of the first operand.
    (point,) = list_roof_points(measured(product(64, 50.0, "q4_0")))
    assert point.intensity == pytest.approx(2 * 64 / (18 / 32 + 8))


def test_encoding_reads_its_weights_once_and_decoding_weights_and_caches() -> None:
    case = Case.of("whisper", model="tiny", threads=2, fa=0)
    encode, decode = list_roof_points(measured((case, "encode", 500.0), (case, "decode", 5.0)))
    shape = SHAPES["tiny"]
    state, layers = shape.n_audio_state, shape.n_audio_layer
    values = 3 * state * (80 + state) + 12 * layers * state * state + 2 * shape.n_text_layer * state * state
    cache = 2 * shape.n_text_layer * 1500 * state
    assert encode.intensity == pytest.approx(count_encode(shape) / (2 * (values + cache)))
    assert encode.rate == pytest.approx(count_encode(shape) / 500e6)
    values = shape.n_text_layer * 14 * state * state + state * shape.n_vocab
    caches = 2 * shape.n_text_layer * (1500 + 127.5) * state
    assert decode.intensity == pytest.approx(count_decode(shape, 127.5) / (2 * (values + caches)))
    assert decode.rate == pytest.approx(count_decode(shape, 127.5) / 5e6)


def test_roofs_are_the_medians_of_before_and_after() -> None:
    run = measured()
    roof = Case.of("roof", threads=2)
    after = factory.result(
        "roof-after", Phase.ROOFLINE, Status.PASSED, (roof, "peak_flop_rate", 110.0), (roof, "read_rate", 22.0)
    )
    (found,) = list_roofs(run.replace(results=(*run.results, after)))
    assert found == Roof(threads=2, peak=105.0, read=21.0)
    assert found.ridge == 5.0
    assert (found.limit(1.0), found.limit(5.0), found.limit(50.0)) == (21.0, 105.0, 105.0)


def test_marks_stand_where_logarithms_put_them() -> None:
    run = measured(product(60, 10.0), product(600, 40.0), product(6000, 80.0))
    figure = check_figure(lambda: draw_roofline(run))
    (first,), (second,), (third,) = (find_marks(figure, f"f32 {n}:") for n in (60, 600, 6000))
    # Intensities are 10, 100 and 1000: equal distances. Rates are 10, 40 and 80: two steps of two, and one.
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.2)
    assert second[0] > first[0]
    assert (first[1] - second[1]) / (second[1] - third[1]) == pytest.approx(2.0, abs=0.02)
    words = list_words(figure)
    assert "peak 100.0 GFLOP/s, 2 threads" in words
    assert "reads 20.00 GB/s" in words


def test_shares_in_the_table_are_of_the_lower_limit() -> None:
    case = Case.of("whisper", model="tiny", threads=2, fa=0)
    table = draw_roofline(measured(product(600, 50.0), (case, "decode", 5.0))).table
    rows = {row[1]: row for row in table.rows}
    assert rows["flop_rate"][-2:] == ("50.0", "peak")
    (decode,) = list_roof_points(measured((case, "decode", 5.0)))
    assert rows["decode"][-2:] == (f"{100 * decode.rate / (20.0 * decode.intensity):.1f}", "reads")
    assert rows["peak and reads"][:3] == ("roofline", "peak and reads", "2")


@pytest.mark.parametrize("rate", [1e-300, 1e300, 1.7e308])
def test_extreme_rates_stay_within_the_frame(rate: float) -> None:
    check_figure(lambda: draw_roofline(measured(product(64, rate))))
    check_figure(lambda: draw_memcpy(copies(rate, 1.0)))
    check_figure(lambda: draw_memcpy(copies(rate)))


def test_a_run_without_a_roofline_says_so() -> None:
    figure = check_figure(lambda: draw_roofline(factory.run()))
    assert figure.summary == "The roofline of this node was not measured."
    assert figure.table.rows == ()


def test_types_that_are_not_known_have_no_intensity() -> None:
    assert list_roof_points(measured(product(64, 5.0, "nvfp4"))) == ()


def test_hostile_names_are_text() -> None:
    run = measured(product(64, 5.0))
    cpu = run.node.cpu.replace(brand=HOSTILE)
    check_figure(lambda: draw_roofline(run.replace(node=run.node.replace(name=HOSTILE, cpu=cpu))))
    check_figure(lambda: draw_memcpy(copies(1.0).replace(node=run.node.replace(name=HOSTILE))))


def test_many_models_and_types_have_labels_that_do_not_overlap() -> None:
    kinds = ("f32", "f16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0")
    values = [product(n, 30.0 + n / 100, kind) for kind in kinds for n in (64, 512, 4096)]
    for model in ("tiny", "base", "small", "medium", "large-v3"):
        case = Case.of("whisper", model=model, threads=2, fa=0)
        values += [(case, "encode", 9000.0), (case, "decode", 90.0)]
    figure = check_figure(lambda: draw_roofline(measured(*values)))
    texts = ElementTree.fromstring(write_svg(figure).encode()).iter(f"{SVG}text")
    labels = [text for text in texts if (text.text or "").startswith((*kinds, "encode", "decode"))]
    assert len(labels) == len(kinds) + 10
    places = sorted((float(label.attrib["x"]), float(label.attrib["y"])) for label in labels)
    near = [(one, other) for one, other in itertools.pairwise(places) if one[0] == other[0]]
    assert all(other[1] - one[1] >= 10 for one, other in near)


def test_labels_of_many_models_above_the_roof_do_not_overlap_either() -> None:
    models = ("tiny", "base", "small", "medium", "large-v1", "large-v2", "large-v3", "tiny.en", "base.en", "small.en")
    values = [(Case.of("whisper", model=model, threads=2, fa=0), "decode", 0.5) for model in models]
    figure = check_figure(lambda: draw_roofline(measured(*values)))
    texts = ElementTree.fromstring(write_svg(figure).encode()).iter(f"{SVG}text")
    heights = sorted(float(text.attrib["y"]) for text in texts if (text.text or "").startswith("decode "))
    assert len(heights) == len(models)
    assert all(lower - upper >= 10 for upper, lower in itertools.pairwise(heights))


def test_copies_are_points_by_threads() -> None:
    figure = check_figure(lambda: draw_memcpy(copies(10.0, 19.0, 25.0)))
    assert figure.summary == "The highest rate is 25.00 GB/s, with 3 threads."
    assert [row[0] for row in figure.table.rows] == ["1, no extra thread", "1", "2", "3"]
    places = [find_marks(figure, f"{count} thread")[0] for count in (1, 2, 3)]
    assert places[1][0] - places[0][0] == pytest.approx(places[2][0] - places[1][0], abs=0.2)
    assert (places[0][1] - places[1][1]) / (places[1][1] - places[2][1]) == pytest.approx(9 / 6, rel=0.02)
    assert "9.500 GB/s with no extra thread" in list_words(figure)


def test_a_run_without_copies_says_so() -> None:
    assert check_figure(lambda: draw_memcpy(factory.run())).summary == "No memory copy was measured."
    assert math.isfinite(draw_memcpy(copies(1.0)).height)


@pytest.mark.parametrize("threads", ["9" * 400, "9" * 5000, "x", "0"])
def test_numbers_of_threads_that_cannot_be(threads: str) -> None:
    """A bundle from elsewhere may say anything: what is no number of threads is not drawn, and nothing ends early."""
    roof, copy = Case.of("roof", threads=threads), Case.of("memcpy", threads=threads)
    run = measured(
        product(64, 5.0),
        (roof, "peak_flop_rate", 50.0),
        (roof, "read_rate", 5.0),
        (copy, "copy_rate", 8.0),
        (Case.of("memcpy", threads=2), "copy_rate", 9.0),
        (Case.of("mul_mat", n="9" * 5000, type="f32", threads=threads), "flop_rate", 4.0),
    )
    assert [roof.threads for roof in list_roofs(run)] == [2]
    assert [point.rate for point in list_roof_points(run)] == [5.0]
    check_figure(lambda: draw_roofline(run))
    figure = check_figure(lambda: draw_memcpy(run))
    assert [row[0] for row in figure.table.rows] == ["2"]


def test_a_roof_of_zero_is_none() -> None:
    roof = Case.of("roof", threads=2)
    values = ((roof, "peak_flop_rate", 0.0), (roof, "read_rate", 0.0), product(64, 5.0))
    run = factory.run(factory.result("x", Phase.BENCHMARK, Status.PASSED, *values))
    assert list_roofs(run) == ()
    assert list_roof_points(run) == ()
    check_figure(lambda: draw_roofline(run))
