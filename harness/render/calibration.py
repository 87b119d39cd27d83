"""A calibration for people."""

from harness.records.calibration import Calibration, Need, Spread
from harness.records.metric import METRICS
from harness.render.column import align


def render_calibration(found: Calibration, *, wall_s: float, blocks: int) -> str:
    """Return the share of false verdicts, then for each metric its spreads and the minutes that changes take."""
    changes = [need.change for need in found.spreads[0].needs] if found.spreads else []
    header = ("case", "metric", "calls", "processes", "blocks", *(f"{change:.0%} found in" for change in changes), "n")
    rows = [_row(spread) for spread in found.spreads]
    share = f"{found.false_families} of {found.resamples}"
    lines = [
        f"false verdicts: {share} resampled A/A trials ({found.false_rate:.1%}; {found.alpha:.0%} are allowed)",
        f"from {blocks} blocks in {wall_s / 60:.1f} min",
        "",
        *align([header, *rows], left=2, indent="  "),
        "",
        "  robust standard deviations: calls within a process, processes among each other, the difference of a block",
        "  (two processes in turns; verdicts rest on it); minutes in which nine of ten trials of these metrics find it",
    ]
    return "\n".join(lines) + "\n"


def _row(spread: Spread) -> tuple[str, ...]:
    return (
        str(spread.case),
        METRICS[spread.metric].name,
        f"{spread.calls:.2%}",
        f"{spread.processes:.2%}",
        f"{spread.blocks:.2%}",
        *(_minutes(need) for need in spread.needs),
        str(spread.n),
    )


def _minutes(need: Need) -> str:
    return "not at all" if need.minutes is None else f"{need.minutes:.1f} min"
