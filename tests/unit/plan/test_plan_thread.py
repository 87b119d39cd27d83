import pytest

from harness.plan.thread import choose_threads, warn_threads
from harness.records.node import Cores

CORES = Cores(
    logical=8, physical=4, affinity=8, usable_physical=4, threads_per_core=2, fast=8, efficient=0, quota_cpus=None
)


@pytest.mark.parametrize(("usable", "threads"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_threads_are_four_at_most(usable: int, threads: int) -> None:
    assert choose_threads(CORES.replace(usable_physical=usable)) == threads


def test_threads_within_limits_need_no_word() -> None:
    assert warn_threads((1, 8), CORES) == ()
    assert warn_threads((), CORES) == ()
    assert warn_threads((2,), CORES.replace(quota_cpus=2.0)) == ()


def test_the_largest_count_is_held_against_every_limit() -> None:
    caveats = warn_threads((4, 9), CORES.replace(quota_cpus=2.5))
    assert [caveat.code for caveat in caveats] == ["threads-over-cpus", "threads-over-quota"]
    assert caveats[0].message.startswith("9 threads on 8 usable CPUs")
    assert "2.5 CPUs" in caveats[1].message
