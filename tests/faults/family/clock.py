"""The calendar clock jumps, in either direction, at any time."""

from collections.abc import Iterator

from tests.faults.fault import FINE, Family, Fault
from tests.faults.shim import Shimmed

_HOUR, _YEAR = 3600, 31_557_600
_JUMPS = {
    "an-hour-back": -_HOUR,
    "a-day-on": 24 * _HOUR,
    "a-year-back": -_YEAR,
    "to-1970": -56 * _YEAR,
    "to-2100": 74 * _YEAR,
    "to-2200": 174 * _YEAR,
    "to-9999": 7970 * _YEAR,
}


def _jumps() -> Iterator[Fault]:
    for name, seconds in _JUMPS.items():
        for nth in (2, 6):
            yield Fault(
                family=Family.CLOCK,
                name=f"{name}-{nth}",
                where=f"look number {nth} at the clock",
                what=f"it jumps {name.replace('-', ' ')}",
                deeds=(Shimmed(clock=f"{nth} {seconds}"),),
                seen=FINE,
                sample=(name, nth) == ("a-year-back", 6),
            )


FAULTS = tuple(_jumps())
