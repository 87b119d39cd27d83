"""A line of characters for numbers."""

from harness.render.sparkline import draw_sparkline


def test_the_least_is_low_and_the_greatest_high() -> None:
    line = draw_sparkline([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    assert line == "▁▂▃▄▅▆▇█"
    assert draw_sparkline([1.0, 8.0], plain=True) == "_#"


def test_noise_of_a_thousandth_is_flat() -> None:
    assert len(set(draw_sparkline([100.0, 100.1, 99.9, 100.0]))) <= 2
    assert len(set(draw_sparkline([5.0, 5.0, 5.0]))) == 1
    assert draw_sparkline([0.0, 0.0], plain=True) == "~~"
    assert draw_sparkline([]) == ""
