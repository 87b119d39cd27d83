"""Seeds that nobody can foresee."""

from harness.system.seed import draw_seed


def test_no_two_seeds_are_alike_and_none_is_that_of_earlier_versions() -> None:
    seeds = [draw_seed() for _ in range(1000)]
    assert len(set(seeds)) == 1000
    assert min(seeds) > 1
    assert max(seeds) <= 10**12
