"""The answer to `harness compare`: two sets of runs, judged as far as they are alike."""

from collections.abc import Iterator, Sequence

from harness.errors import UsageError
from harness.judge.context import GROUPS, caveat_context, caveat_unknown, explain_break, find_differences, name_commits
from harness.judge.context_field import list_context_fields, name_subject
from harness.judge.counter import judge_counts
from harness.judge.quality import compare_quality, pair_quality
from harness.judge.sample import (
    PooledTrials,
    RunPair,
    list_measured_cases,
    match_trials,
    name_sides,
    pool_trials,
    sample_runs,
)
from harness.judge.trial_text import judge_trial_text
from harness.records.caveat import Caveat, CaveatCode
from harness.records.compare_result import CompareResult
from harness.records.comparison import ALPHA, Comparison, Difference, Family, Verdict
from harness.records.measurement import COPY_RATE, FLOP_RATE, RTF, SERVER_METRICS, TABLE_METRICS, Case
from harness.records.quality_report import QualityFamily
from harness.records.record import Record
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.settings.layer import nearest
from harness.stats.verdict import judge_pairs, judge_unpaired

_SHOWN = 3
# Groups of which each context field is a question of its own.
_SINGLE = ("configs", "settings")
_PARTED = {
    "nodes": "--across names (one machine under several names), --across hardware (other CPUs), or names,hardware"
}


class CompareQuestion(Record):
    """How to judge runs: the change that matters, the names of the metrics, and what may differ between runs.

    The words of `across` are groups of context fields, or single fields. `named_metrics` and `named_benchmarks` are
    those that the user asked for. With `strict`, a case that is left UNRESOLVED has an exit code of its own.
    """

    threshold: float
    metrics: frozenset[str]
    across: tuple[str, ...] = ()
    named_metrics: tuple[str, ...] = ()
    named_benchmarks: tuple[str, ...] = ()
    strict: bool = False


def choose_metrics(benchmarks: Sequence[str], metrics: Sequence[str]) -> frozenset[str]:
    """Return the names of the metrics that --bench and --metric select; raises UsageError for unknown ones."""
    of_models = [metric.name for metric in TABLE_METRICS]
    for what, words, known in (("bench", benchmarks, list(Benchmark)), ("metric", metrics, of_models)):
        for name in words:
            if name not in known:
                raise UsageError(f"unknown {what} {name!r}", hint=nearest(name, known))
    names = {
        Benchmark.WHISPER: tuple(metrics),
        Benchmark.MEMCPY: (COPY_RATE.name,),
        Benchmark.MUL_MAT: (FLOP_RATE.name,),
        Benchmark.TRANSCRIBE: (RTF.name,),
        Benchmark.SERVER: tuple(metric.name for metric in SERVER_METRICS),
    }
    return frozenset(name for bench in benchmarks for name in names.get(Benchmark(bench), ()))


def list_uncompared(question: CompareQuestion, result: CompareResult) -> tuple[str, ...]:
    """Return the metrics and benchmarks that the user named but that have no comparison."""
    metrics = {one.metric for one in result.family.comparisons}
    benchmarks = {one.case.benchmark for one in result.family.comparisons}
    benchmarks |= {Benchmark.QUALITY.value} if result.quality else set()
    missing = [name for name in question.named_metrics if name not in metrics and Benchmark.WHISPER in benchmarks]
    return (*missing, *(name for name in question.named_benchmarks if name not in benchmarks))


def compare_runs(baseline: Sequence[Run], contender: Sequence[Run], question: CompareQuestion) -> CompareResult:
    """Return the verdicts on two sets of runs.

    Raises UsageError for sets with nothing in common, for runs that cannot be compared, and for unknown words in
    `across`.
    """
    pairs = match_trials(baseline, contender)
    family = judge_trials(pairs, question) if pairs else _judge_runs(baseline, contender, question)
    listened = not question.named_benchmarks or Benchmark.QUALITY in question.named_benchmarks
    quality = _judge_quality(baseline, contender, pairs) if listened else None
    if not family.comparisons and not quality:
        raise _nothing_in_common(baseline, contender, question.metrics)
    benchmarks = frozenset(
        [*(one.case.benchmark for one in family.comparisons), *([Benchmark.QUALITY] if quality else [])]
    )
    _check_words(question.across, (*baseline, *contender), benchmarks)
    differences = find_differences(baseline, contender, benchmarks)
    # What differs between the sides of a live comparison was meant to.
    unlike = [find_differences(side, side, benchmarks) for side in (baseline, contender)] if pairs else [differences]
    _refuse([one for found in unlike for one in found if one.group and not _is_allowed(one, question.across)])
    caveats = (
        *family.caveats,
        *caveat_unknown(baseline, contender, benchmarks),
        *caveat_context(baseline, contender, differences, paired=bool(pairs)),
        *([] if pairs else _unmatched(baseline, contender, question.metrics)),
    )
    return CompareResult(
        baseline=name_commits(baseline),
        contender=name_commits(contender),
        baseline_runs=tuple(run.id for run in baseline),
        contender_runs=tuple(run.id for run in contender),
        differences=differences,
        family=family.replace(caveats=caveats),
        counters=judge_counts(pairs, family) if pairs else None,
        quality=quality,
    )


def _judge_quality(baseline: Sequence[Run], contender: Sequence[Run], pairs: Sequence[RunPair]) -> QualityFamily | None:
    """Return the comparison of what both sides have heard, None if they have nothing in common.

    The sides of live comparisons, which are `pairs`, may differ in their cases.
    """
    if pairs:
        return judge_trial_text(pairs)
    family = compare_quality(pair_quality(baseline, contender))
    return family if family.comparisons else None


def judge_trials(pairs: Sequence[RunPair], question: CompareQuestion) -> Family:
    """Return the verdicts on runs that were measured in turns: the same as during the trial."""
    pool, names = pool_trials(pairs, question.metrics), name_sides(pairs)
    family = judge_pairs(pool.samples, alpha=ALPHA, threshold=question.threshold)
    comparisons = tuple(one.replace(case=names[one.case]) for one in family.comparisons)
    caveats = (*_about_coins(pool), *_about_builds(pairs))
    return family.replace(comparisons=comparisons, seeds=pool.seeds, caveats=caveats)


def _about_coins(pool: PooledTrials) -> Iterator[Caveat]:
    if pool.repeated:
        blocks = "1 block is" if pool.repeated == 1 else f"{pool.repeated} blocks are"
        seeds = ", ".join(map(str, pool.again))
        message = (
            f"{blocks} left out: an earlier trial with the same seed ({seeds}) used the same random orders, and each "
            "counts once; without --seed, harness ab draws a new seed each time"
        )
        yield Caveat(code=CaveatCode.SHARED_SEED, message=message)


def _about_builds(pairs: Sequence[RunPair]) -> Iterator[Caveat]:
    several = max((run.trial.builds for pair in pairs for run in pair if run.trial), default=1)
    if several > 1:
        message = (
            f"each side had {several} code layouts, drawn once for the whole trial: blocks that share a layout are not "
            "independent, and code layout alone can look like a difference; --relink draws a new one for every block"
        )
        yield Caveat(code=CaveatCode.BUILDS, message=message)


def _judge_runs(baseline: Sequence[Run], contender: Sequence[Run], question: CompareQuestion) -> Family:
    """Return the verdicts; numbers of a benchmark that changed its meaning are shown, but do not join the family."""
    samples = sample_runs(baseline, contender, question.metrics)
    reasons = {
        name: explain_break(name, baseline, contender) for name in dict.fromkeys(one.case.benchmark for one in samples)
    }
    judged = [one for one in samples if not reasons[one.case.benchmark]]
    others = [one for one in samples if reasons[one.case.benchmark]]
    family, broken = (judge_unpaired(some, alpha=ALPHA, threshold=question.threshold) for some in (judged, others))
    withheld = (_withhold(one, reasons[one.case.benchmark]) for one in broken.comparisons)
    return family.replace(comparisons=(*family.comparisons, *withheld))


def _withhold(comparison: Comparison, reason: str) -> Comparison:
    return comparison.replace(
        verdict=Verdict.UNRESOLVED,
        relevant=False,
        p=1.0,
        p_raw=1.0,
        low=None,
        high=None,
        confidence=0.0,
        mde=None,
        caveats=(Caveat(code=CaveatCode.DIALECT, message=reason),),
    )


def _check_words(across: Sequence[str], runs: Sequence[Run], benchmarks: frozenset[str]) -> None:
    known = [*GROUPS, *(field.word for field in list_context_fields(runs, benchmarks) if field.group)]
    for word in across:
        if word not in known:
            hint = _PARTED.get(word) or nearest(word, known)
            raise UsageError(f"--across: there is no group or field called {word!r}", hint=hint)


def _is_allowed(difference: Difference, across: Sequence[str]) -> bool:
    return difference.group in across or name_subject(difference.subject) in across


def _refuse(unlike: Sequence[Difference]) -> None:
    if not unlike:
        return
    groups = list(dict.fromkeys(one.group for one in unlike))
    lines = "\n         ".join(f"{one.subject}: {one.baseline} | {one.contender}" for one in unlike)
    words = [word for group in groups for word in _narrowest(group, [one for one in unlike if one.group == group])]
    cloud = "; --as-node NAME gives a node whose host name changes a lasting name" if "names" in groups else ""
    raise UsageError(
        f"the runs cannot be compared as they are: {', '.join(GROUPS[group] for group in groups)}",
        cause=f"baseline | contender\n         {lines}",
        hint=f"--across {','.join(words)}  # compares them anyway{cloud}",
    )


def _narrowest(group: str, unlike: Sequence[Difference]) -> list[str]:
    """Return the words that allow just these differences of one group, or the group if there are many."""
    several = group not in _SINGLE or len(unlike) > _SHOWN
    return [group] if several else list(dict.fromkeys(name_subject(one.subject) for one in unlike))


def _nothing_in_common(baseline: Sequence[Run], contender: Sequence[Run], metrics: frozenset[str]) -> UsageError:
    sides = (
        ("baseline", list_measured_cases(baseline, metrics)),
        ("contender", list_measured_cases(contender, metrics)),
    )
    cause = "; ".join(f"{name}: {_name_cases(cases)}" for name, cases in sides)
    return UsageError("the two sides have no case in common", cause=cause, hint="harness show RUN")


def _unmatched(baseline: Sequence[Run], contender: Sequence[Run], metrics: frozenset[str]) -> list[Caveat]:
    here, there = list_measured_cases(baseline, metrics), list_measured_cases(contender, metrics)
    return [
        Caveat(code=CaveatCode.UNMATCHED, message=f"only the {name} has {_name_cases(cases)}")
        for name, cases in (("baseline", here - there), ("contender", there - here))
        if cases
    ]


def _name_cases(cases: frozenset[Case]) -> str:
    names = [str(case) for case in sorted(cases)]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    return ", ".join([*names[:_SHOWN], *more]) or "none"
