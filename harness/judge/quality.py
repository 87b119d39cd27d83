"""How good the text of a run is, and whether two settings differ in it: counts with exact intervals, no timing."""

from collections.abc import Iterator, Sequence

from harness.records.caveat import Caveat, CaveatCode
from harness.records.comparison import ALPHA, Verdict
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.quality import TextErrors, TokenDivergence
from harness.records.quality_report import (
    MARGIN,
    CountedShare,
    QualityComparison,
    QualityFamily,
    QualityRow,
    QualitySubject,
)
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.stats.exact import CONFIDENCE, BoundedDifference, bound_count, bound_difference, bound_share, find_p
from harness.stats.holm import adjust_holm, assign_levels

METHOD = "exact McNemar test on what one side alone gets wrong; Holm"
# What belongs to a process and not to the setting.
_OF_PROCESS = ("of",)
# More errors than this share of the words are no mistakes in hearing: it is another text.
_FOREIGN = 0.5

RowPair = tuple[QualityRow, QualityRow]


def list_quality(run: Run) -> tuple[QualityRow, ...]:
    """Return a row for each setting of a run whose text or tokens are known, by model in the order of its weights."""
    found: dict[Case, list[StepResult]] = {}
    for result in sorted(run.results, key=lambda one: one.repetition):
        if result.case and result.status is Status.PASSED and (result.text_errors or result.divergence):
            found.setdefault(name_setting(result.case), []).append(result)
    places = {one.model: place for place, one in enumerate(run.weights)}
    cases = sorted(found, key=lambda case: (places.get(case.get("model"), len(places)), case))
    return tuple(_make_row(run, case, found[case]) for case in cases)


def list_all_quality(runs: Sequence[Run]) -> list[tuple[QualityRow, int]]:
    """Return the rows of several runs with the place of each run, grouped by setting."""
    groups: dict[Case, list[tuple[QualityRow, int]]] = {}
    for place, run in enumerate(runs):
        for row in list_quality(run):
            groups.setdefault(row.case, []).append((row, place))
    return [one for group in groups.values() for one in group]


def name_setting(case: Case) -> Case:
    """Return the setting that a process of a quality or transcription case belongs to."""
    params = tuple(one for one in case.params if one[0] not in _OF_PROCESS)
    return Case(benchmark=Benchmark.QUALITY.value, params=params)


def caveat_quality(run: Run) -> Iterator[Caveat]:
    """Yield what a reader must know about the text of a run, each caveat once."""
    yield from dict.fromkeys(caveat for row in list_quality(run) for caveat in row.caveats)


def pair_quality(baseline: Sequence[Run], contender: Sequence[Run]) -> tuple[RowPair, ...]:
    """Return the settings that two sets of runs have in common, each with the newest row of each side."""
    here, there = ({row.case: row for run in runs for row in list_quality(run)} for runs in (baseline, contender))
    return tuple((row, there[case]) for case, row in here.items() if case in there)


def compare_quality(pairs: Sequence[RowPair]) -> QualityFamily:
    """Return the verdicts on pairs of settings, contender after baseline.

    Words are compared where both have the same known text, and tokens where both have the same reference.
    """
    found = [one for here, there in pairs for one in _list_differences(here, there)]
    raw = [find_p(one.only_baseline, one.only_contender) for one in found]
    adjusted, levels = adjust_holm(raw), assign_levels(raw, ALPHA)
    comparisons = [
        _judge(one.replace(p=p, p_raw=raw_p), level)
        for one, p, raw_p, level in zip(found, adjusted, raw, levels, strict=True)
    ]
    caveats = dict.fromkeys(caveat for pair in pairs for row in pair for caveat in row.caveats)
    return QualityFamily(
        comparisons=tuple(comparisons), alpha=ALPHA, margin=MARGIN, method=METHOD, caveats=tuple(caveats)
    )


def _make_row(run: Run, case: Case, results: Sequence[StepResult]) -> QualityRow:
    texts = [result.text_errors for result in results if result.text_errors]
    tokens = [result.divergence for result in results if result.divergence]
    row = QualityRow(
        case=case,
        weights=run.weights_kind(case),
        text=texts[0] if texts else None,
        tokens=tokens[0] if tokens else None,
        word_errors=_bound_errors(texts[0]) if texts else None,
        agreement=_bound_agreement(tokens[0]) if tokens else None,
        texts=len(texts),
        other_texts=sum(one.digest != texts[0].digest for one in texts),
        own_tokens=len(tokens),
        other_tokens=sum(_tell(one) != _tell(tokens[0]) for one in tokens),
    )
    return row.replace(caveats=tuple(_about_row(row)))


def _tell(one: TokenDivergence) -> tuple[object, ...]:
    return one.digest, one.agreeing, one.mean, one.worst


def _bound_errors(text: TextErrors) -> CountedShare:
    low, high = (end / text.words for end in bound_count(text.errors))
    return CountedShare(
        count=text.errors, of=text.words, share=text.word_error_rate, low=low, high=high, confidence=CONFIDENCE
    )


def _bound_agreement(tokens: TokenDivergence) -> CountedShare:
    count = tokens.agreeing.count("1")
    low, high = bound_share(count, tokens.positions)
    return CountedShare(
        count=count, of=tokens.positions, share=tokens.agreement, low=low, high=high, confidence=CONFIDENCE
    )


def _about_row(row: QualityRow) -> Iterator[Caveat]:
    name = f"{row.case.get('audio')} by {row.case.get('model')} (threads {row.case.get('threads')}"
    name = f"{name}, fa {row.case.get('fa')}{', vad' if row.case.get('vad') == '1' else ''})"
    for others, total, what in (
        (row.other_texts, row.texts, "printed another text than the first"),
        (row.other_tokens, row.own_tokens, "gave the tokens other probabilities than the first"),
    ):
        if others:
            message = f"{name}: {others} of {format_count(total, 'process', plural='processes')} {what}"
            yield Caveat(code=CaveatCode.NOT_DETERMINISTIC, message=message)
    text = row.text
    if text and text.errors > _FOREIGN * text.words:
        right = text.correct.count("1")
        message = (
            f"{name}: {format_count(text.errors, 'error')}, and {right} of {format_count(text.words, 'word')} "
            f"{'is' if right == 1 else 'are'} right: the known text may be another recording's, or in another language"
        )
        yield Caveat(code=CaveatCode.OTHER_TEXT, message=message)
    if row.tokens and row.tokens.windows < row.tokens.of_windows:
        message = (
            f"tokens of {row.case.get('audio')} were compared in {row.tokens.windows} of its "
            f"{row.tokens.of_windows} windows of 30 s, spread evenly; words, if counted, are those of all of it"
        )
        yield Caveat(code=CaveatCode.PARTLY_HEARD, message=message)


def _list_differences(here: QualityRow, there: QualityRow) -> Iterator[QualityComparison]:
    """Yield what differs between two settings, not judged yet."""
    case = here.case.against(there.case)
    texts = here.text, there.text
    if texts[0] and texts[1] and _same_words(texts[0], texts[1]):
        mine, others = (_mark_wrong(one.correct) for one in (texts[0], texts[1]))
        more = texts[1].insertions - texts[0].insertions
        only = [_count_only(mine, others) + max(-more, 0), _count_only(others, mine) + max(more, 0)]
        yield _pair(case, QualitySubject.WORDS, (texts[0].errors, texts[1].errors), only, texts[0].words)
    tokens = here.tokens, there.tokens
    if tokens[0] and tokens[1] and _same_reference(tokens[0], tokens[1]):
        mine, others = (_mark_wrong(one.agreeing) for one in (tokens[0], tokens[1]))
        only = [_count_only(mine, others), _count_only(others, mine)]
        yield _pair(case, QualitySubject.TOKENS, (len(mine), len(others)), only, tokens[0].positions)


def _same_words(one: TextErrors, other: TextErrors) -> bool:
    return (one.known, one.normaliser, one.words) == (other.known, other.normaliser, other.words)


def _same_reference(one: TokenDivergence, other: TokenDivergence) -> bool:
    return (one.made_by, one.positions, one.tokens) == (other.made_by, other.positions, other.tokens)


def _mark_wrong(right: str) -> frozenset[int]:
    return frozenset(place for place, mark in enumerate(right) if mark != "1")


def _count_only(mine: frozenset[int], others: frozenset[int]) -> int:
    return len(mine - others)


def _pair(
    case: Case, subject: QualitySubject, errors: tuple[int, int], only: Sequence[int], size: int
) -> QualityComparison:
    return QualityComparison(
        case=case,
        subject=subject,
        size=size,
        errors=errors[0],
        contender_errors=errors[1],
        only_baseline=only[0],
        only_contender=only[1],
        difference=0.0,
        low=0.0,
        high=0.0,
        confidence=0.0,
        p=1.0,
        p_raw=1.0,
        verdict=Verdict.UNRESOLVED,
        relevant=False,
    )


def _judge(one: QualityComparison, level: float) -> QualityComparison:
    found = bound_difference(one.only_baseline, one.only_contender, one.size, 1 - level)
    verdict = _choose_verdict(found)
    changed = verdict in (Verdict.IMPROVED, Verdict.REGRESSED)
    return one.replace(
        difference=found.difference,
        low=found.low,
        high=found.high,
        confidence=1 - level,
        verdict=verdict,
        relevant=changed and abs(found.difference) >= MARGIN,
    )


def _choose_verdict(found: BoundedDifference) -> Verdict:
    if found.low > 0:
        return Verdict.REGRESSED
    if found.high < 0:
        return Verdict.IMPROVED
    return Verdict.UNCHANGED if found.low >= -MARGIN and found.high <= MARGIN else Verdict.UNRESOLVED
