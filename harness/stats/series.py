"""The numbers of a run, grouped by case and metric."""

from collections.abc import Iterable, Mapping

from harness.records.comparison import Summary
from harness.records.measurement import Case, Measurement
from harness.records.outcome import Status, is_check
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.stats.summary import summarize

Key = tuple[Case, str]


def sample_run(run: Run) -> dict[Key, tuple[float, ...]]:
    """Return the values of each case and metric (by name), from repetitions that PASSED, in order of execution."""
    return _group(one for result in run.results if result.status is Status.PASSED for one in result.measurements)


def summarize_run(run: Run) -> dict[Key, Summary]:
    """Return a summary for each case and metric (by name) that has a sample."""
    return {key: summarize(values) for key, values in sample_run(run).items()}


def summarize_counts(run: Run) -> dict[Key, Summary]:
    """Return a summary of each hardware counter of each case, likewise."""
    counts = _group(one for result in run.results if result.status is Status.PASSED for one in result.counts)
    return {key: summarize(values) for key, values in counts.items()}


def _group(measurements: Iterable[Measurement]) -> dict[Key, tuple[float, ...]]:
    samples: dict[Key, list[float]] = {}
    for one in measurements:
        samples.setdefault((one.case, one.metric), []).append(one.value)
    return {key: tuple(values) for key, values in samples.items()}


def peak_memory(run: Run) -> dict[Case, int]:
    """Return the largest peak memory, in bytes, of the processes of each case that PASSED, if known."""
    peaks: dict[Case, int] = {}
    measured = (result for result in run.results if result.status is Status.PASSED and not is_check(result))
    for result in measured:
        if result.case and result.completed and result.completed.max_rss_bytes:
            peaks[result.case] = max(peaks.get(result.case, 0), result.completed.max_rss_bytes)
    return peaks


def order_model_cases(run: Run, summaries: Mapping[Key, Summary]) -> tuple[Case, ...]:
    """Return the model cases that have numbers, in the suite's order: models, then threads, then flash attention."""
    cases = {case for case, _ in summaries if case.benchmark == Benchmark.WHISPER}
    suite = run.suite
    orders = {
        "model": [*suite.models],
        "threads": [str(count) for count in suite.threads],
        "fa": [str(value) for value in suite.flash_attn],
    }

    def rank(case: Case) -> tuple[tuple[int, str], ...]:
        values = ((order, case.get(name)) for name, order in orders.items())
        return tuple((order.index(value) if value in order else len(order), value) for order, value in values)

    return tuple(sorted(cases, key=rank))
