import math

import pytest

from harness.stats.information import measure_bits


@pytest.mark.parametrize(("distance", "bits"), [(1.0, 0.161), (1.5, 0.319), (2.0, 0.486), (2.5, 0.637)])
def test_even_chances_tell_what_the_textbook_says(distance: float, bits: float) -> None:
    """The capacity of a binary signal in Gaussian noise, to three digits."""
    assert measure_bits(0.5, distance) == pytest.approx(bits, abs=0.001)


def test_without_noise_it_is_the_entropy_of_the_cause() -> None:
    for chance in (0.5, 0.25, 0.0625):
        entropy = -chance * math.log2(chance) - (1 - chance) * math.log2(1 - chance)
        assert measure_bits(chance, 12.0) == pytest.approx(entropy, abs=1e-4)


def test_both_causes_are_alike() -> None:
    assert measure_bits(0.3, 1.0) == pytest.approx(measure_bits(0.7, 1.0))
    assert measure_bits(0.301, 1.0) > measure_bits(0.3, 1.0)


@pytest.mark.parametrize(("chance", "distance"), [(0.0, 1.0), (1.0, 1.0), (0.5, 0.0)])
def test_what_is_known_or_cannot_be_seen_tells_nothing(chance: float, distance: float) -> None:
    assert measure_bits(chance, distance) == 0.0
