"""A calibration for people."""

from collections.abc import Iterator

from harness.records.calibration import AATrial, BlocksNeeded, Calibration, Spread
from harness.records.comparison import Comparison
from harness.records.measurement import METRICS
from harness.records.wording import format_count
from harness.render.plain import align
from harness.render.terminal import wrap_bullet


def render_calibration(found: Calibration) -> str:
    """Return the verdicts, the share of wrong trials, and for each metric its spreads and the minutes it takes."""
    lines = [*_verdicts(found), "", *_share(found), ""]
    lines += list(_forecast(found)) if found.spreads else list(_missing(found))
    return "\n".join(lines) + "\n"


def _verdicts(found: Calibration) -> Iterator[str]:
    """Yield the verdicts of a single trial; of several, those of trials that found a difference."""
    trials = found.trials
    what = "an A/A trial" if len(trials) == 1 else f"{len(trials)} A/A trials"
    yield f"a build against itself: {what}, {format_count(found.blocks, 'block')} in {found.wall_s / 60:.1f} min"
    shown = trials if len(trials) == 1 else [trial for trial in trials if trial.found_difference]
    rows = [_row_of_verdict(trial, one) for trial in shown for one in trial.family.comparisons]
    if rows:
        yield ""
        yield from align([("case", "metric", "verdict", "change", "interval", "n", "seed"), *rows], left=3, indent="  ")


def _row_of_verdict(trial: AATrial, one: Comparison) -> tuple[str, ...]:
    interval = f"[{one.low:+.2%}, {one.high:+.2%}]" if one.low is not None and one.high is not None else "-"
    metric = METRICS[one.metric].name
    return (str(one.case), metric, one.verdict, f"{one.change:+.2%}", interval, str(one.n), str(trial.seed))


def _share(found: Calibration) -> Iterator[str]:
    trials = len(found.trials)
    if trials > 1:
        yield (
            f"found a difference where there is none: {found.false_trials} of {trials} trials "
            f"({found.false_trials / trials:.1%}; exact 95 % interval {found.low:.1%} to {found.high:.1%}; "
            f"{found.alpha:.0%} is allowed)"
        )
    elif found.false_trials:
        yield from wrap_bullet(
            f"it found a difference where there is none: {found.alpha:.0%} of A/A trials may, by chance. Or something "
            "favours one side on this node. --trials 20 repeats it with other seeds and counts how many find one"
        )
    else:
        yield "it found no difference; --trials N repeats it N times and counts how many find one"
    if trials > 1 and found.low > found.alpha:
        yield from wrap_bullet("more than chance explains: do not trust small differences on this node")


def _missing(found: Calibration) -> Iterator[str]:
    longer = f", about {found.missing * found.wall_s / found.blocks / 60:.1f} min at this pace" if found.blocks else ""
    yield from wrap_bullet(
        f"no forecast: it takes {format_count(found.missing, 'more block')} of each metric{longer}. Use a "
        "longer --max-time, fewer metrics (--metric), or --trials"
    )


def _forecast(found: Calibration) -> Iterator[str]:
    changes = [need.change for need in found.spreads[0].needs]
    header = ("case", "metric", "calls", "processes", "blocks", *(f"{change:.0%} found in" for change in changes), "n")
    yield from align([header, *(_row(spread) for spread in found.spreads)], left=2, indent="  ")
    yield ""
    yield "  robust standard deviations: calls within a process, processes among each other, the difference of a block"
    yield "  (two processes in turns; verdicts rest on it); minutes in which nine of ten trials of the metrics find it"


def _row(spread: Spread) -> tuple[str, ...]:
    return (
        str(spread.case),
        METRICS[spread.metric].name,
        f"{spread.calls:.2%}" if spread.calls else "-",  # a process of whisper-bench answers with one number
        f"{spread.processes:.2%}",
        f"{spread.blocks:.2%}",
        *(_minutes(need) for need in spread.needs),
        str(spread.n),
    )


def _minutes(need: BlocksNeeded) -> str:
    return "not at all" if need.minutes is None else f"{need.minutes:.1f} min"
