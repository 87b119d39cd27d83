"""Numbers for people, as short as they may be."""

import math

_LEAST, _MOST = 1e-7, 1e12


def format_value(value: float) -> str:
    """Return a value with four digits that count; one with very many zeros as a power of ten."""
    if not value or not math.isfinite(value):
        return f"{value:g}"
    if not _LEAST <= abs(value) < _MOST:
        return f"{value:.3e}"
    return f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"


def format_share(share: float) -> str:
    """Return a relative change as a percentage with its sign."""
    return f"{100 * share:+.1f} %"


def format_bounds(low: float, high: float) -> str:
    """Return the interval of a relative change, in percent, to stand beside it."""
    return f"[{100 * low:+.1f}, {100 * high:+.1f}]"


def format_divergence(nats: float) -> str:
    """Return a divergence with two digits that count, and at most five behind the point."""
    return f"{nats:.2g}" if nats >= 1e-4 else f"{nats:.5f}".rstrip("0").rstrip(".")
