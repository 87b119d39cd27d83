"""Quietness for people: where benchmarks ran, and what was discarded."""

from collections.abc import Iterator

from harness.records.outcome import Cause, StepResult
from harness.records.run import Run


def list_placement(run: Run) -> Iterator[str]:
    """Yield a line that says where and how benchmarks ran, if that was asked for."""
    text = describe_placement(run)
    if text:
        yield f"  placed  {text}"


def describe_placement(run: Run) -> str:
    """Return where and how benchmarks ran, empty if nothing was asked for; several ways are joined."""
    found = dict.fromkeys(str(result.placement) for result in run.results if result.placement)
    return "; ".join(found)


def list_discarded(run: Run) -> Iterator[str]:
    """Yield a line for each discarded attempt."""
    for result in run.discarded:
        yield f"  discarded  {result.step}: {_numbers(result)}{_others(result)} - see logs/{result.log}"


def _numbers(result: StepResult) -> str:
    metrics = {measurement.metric: measurement.value for measurement in result.measurements}
    named = ", ".join(f"{name} {metrics[name]:.2f}" for name in ("encode", "decode") if name in metrics)
    return named or f"{len(result.measurements)} numbers"


def _others(result: StepResult) -> str:
    if result.cause is Cause.OTHER_BUILD:
        return f" ({result.reason})"
    if result.completed and result.stood_still:
        return f" while {result.completed.standstill}"
    if result.quiet is None or result.quiet.other_cpus is None:
        return ""
    return f" while other processes used {result.quiet.other_cpus:.2f} CPUs"
