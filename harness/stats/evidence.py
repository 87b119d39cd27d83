"""What two samples say about the ratio contender / baseline, in logarithms."""

import functools
import math
from collections.abc import Sequence
from statistics import median
from typing import Protocol

from harness.stats import symmetry
from harness.stats.block import keep_undisturbed, remove_order

Pair = tuple[float, float]
# Fewer values than these have no mean of two that an outlier does not reach.
_LEAST_MEANS = 4
# Means of a value and this many that follow are enough of a long series.
_MOST_PARTNERS = 250


class Evidence(Protocol):
    """The shift of the logarithms, its certainty, and the data behind it."""

    baseline: list[float]
    contender: list[float]
    left_out: int
    n: int

    @property
    def centre(self) -> float:
        """Return the estimate of the shift, 0 without data."""

    @property
    def error(self) -> float:
        """Return the standard error of `centre`."""

    @property
    def p(self) -> float:
        """Return the p-value of "no shift"."""

    def p_beyond(self, low: float, high: float) -> float:
        """Return the p-value of "the shift is `low` or less, or `high` or more"; 0 is between them."""

    def bound(self, level: float, landmarks: Sequence[float]) -> tuple[float, float] | None:
        """Return the interval of the shift with confidence 1 - level, exact at `landmarks`, or None."""

    def lack(self, level: float) -> str:
        """Return a sentence about the data there are and those that an interval at `level` would take."""


class PairedEvidence:
    """Blocks of (baseline, contender) values that were measured in turns; the unit is the centre of a block.

    `starts` says for each block which side's process was started first, as in `remove_order`.
    """

    def __init__(self, blocks: Sequence[Sequence[Pair]], starts: Sequence[int] = ()) -> None:
        usable = [[pair for pair in block if all(map(is_usable, pair))] for block in blocks]
        self.left_out = sum(map(len, blocks)) - sum(map(len, usable))
        starts = [start for start, block in zip(starts or (0,) * len(blocks), usable, strict=True) if block]
        usable = [block for block in usable if block]
        self.baseline = [here for block in usable for here, _ in block]
        self.contender = [there for block in usable for _, there in block]
        self.n = len(usable)
        kept = keep_undisturbed([[(math.log(here), math.log(there)) for here, there in block] for block in usable])
        differences = [[there - here for here, there in block] for block in kept]
        self.centres = remove_order([find_centre(block) for block in differences], starts)
        self.scales = symmetry.choose_scales(self.centres, [_estimate_error(block) for block in differences])

    @functools.cached_property
    def centre(self) -> float:
        """Return the centre of the centres of all blocks, 0 without blocks."""
        return find_centre(self.centres) if self.centres else 0.0

    @functools.cached_property
    def error(self) -> float:
        """Return the standard error of `centre`, from the robust spread of the blocks."""
        return symmetry.measure_spread(sorted(self.centres)) / math.sqrt(max(1, self.n))

    @functools.cached_property
    def p(self) -> float:
        """Return the anytime p-value of "no shift"."""
        return symmetry.measure_p(self.centres, self.scales)

    def p_beyond(self, low: float, high: float) -> float:
        """Return the anytime p-value of a shift that reaches a limit."""
        return symmetry.measure_p_beyond(self.centres, self.scales, low, high)

    def bound(self, level: float, landmarks: Sequence[float]) -> tuple[float, float] | None:
        """Return the ends of the confidence sequence, or None for too few blocks."""
        return symmetry.bound_shift(self.centres, self.scales, level, landmarks)

    def lack(self, level: float) -> str:
        """Return how many blocks there are and how many an interval takes."""
        return f"blocks: {self.n}; an interval takes at least {symmetry.count_least_blocks(level)}"


def find_centre(values: Sequence[float]) -> float:
    """Return the median of all means of two values or of one with itself (Hodges and Lehmann 1963).

    The plain median for fewer than four values. Raises StatisticsError for none.
    """
    if len(values) < _LEAST_MEANS:
        return median(values)
    return median(
        (first + second) / 2 for index, first in enumerate(values) for second in values[index : index + _MOST_PARTNERS]
    )


def is_usable(value: float) -> bool:
    """Return whether a measured value has a logarithm; with a clock that goes backwards, some have none."""
    return math.isfinite(value) and value > 0


def _estimate_error(values: Sequence[float]) -> float:
    """Return the standard error of a block's centre from the median absolute deviation; 0 for a single value."""
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values) / math.sqrt(len(values))
