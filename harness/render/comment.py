"""The comment of a pull request, made from the answer of `harness ab` alone, which may be a stranger's text."""

import itertools
import re
import shlex
from collections.abc import Iterator, Sequence

from harness.records.caveat import Caveat
from harness.records.comment import CommentDraft
from harness.records.comparison import Comparison, CounterReport, Verdict
from harness.records.quality_report import QualityFamily
from harness.records.trial_report import SideReport, TrialReport
from harness.render.plain import cut, one_line
from harness.render.trial_report import render_trial_markdown
from harness.settings.table import SETTINGS

# GitHub takes 65536 characters, some of which the workflow adds.
MOST_CHARACTERS = 60_000
_MOST_LINES, _MOST_CAVEATS, _MOST_WORDS, _MOST_MESSAGE = 40, 20, 160, 400
_DIGITS = 12
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,%=+]{0,99}")
# What may be repeated from the text of a stranger: what is measured, how often, and how it is built, but no program,
# no path, no address and no option of CMake.
REPEATED = frozenset(
    ("model", "threads", "flash_attn", "metric", "threshold", "max_time", "pairs", "engine", "quant", "blas")
) | {"build_type", "isa", "llamafile", "openmp", "relink", "backend"}
_URGENCY = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.UNRESOLVED, Verdict.UNCHANGED)


def draft_comment(report: TrialReport, number: int = 0) -> CommentDraft:
    """Return the comment on pull request `number`, 0 if it has none."""
    tame = _shorten(report).replace(repeat="\n".join(_repeat(report, number)))
    text = render_trial_markdown(tame, most=_MOST_LINES)
    return CommentDraft(changed=report.changed, text=text, verdict=report.verdict, commit=report.contender.sha)


def fits(draft: CommentDraft) -> bool:
    """Return whether a comment is short enough to be written."""
    return len(draft.text) <= MOST_CHARACTERS


def _repeat(report: TrialReport, number: int) -> Iterator[str]:
    """Yield commands that measure the same again; of those in the report only plain words are taken over."""
    shas = [side.sha[:_DIGITS] for side in (report.baseline, report.contender)]
    if all(shas):
        if number:
            yield f"gh pr checkout {number}"
        yield shlex.join(["harness", "ab", *shas, *_list_options(report.repeat)])


def _list_options(command: str) -> Iterator[str]:
    """Yield the options of a command that are in `REPEATED` and have a plain value."""
    try:
        words = shlex.split(command)
    except ValueError:
        return
    known = {flag: one for one in SETTINGS if one.name in REPEATED for flag in (one.short, one.flag) if flag}
    for word, value in itertools.pairwise((*words, "")):
        setting = known.get(word)
        if setting is None:
            continue
        if isinstance(setting.default, bool):
            yield word
        elif _PLAIN.fullmatch(value):
            yield from (word, value)


def _shorten(report: TrialReport) -> TrialReport:
    """Return the report with its most urgent lines first, and with texts and lists of a length that people read."""
    family = report.family
    if family:
        comparisons = sorted(family.comparisons, key=lambda one: (not one.relevant, _URGENCY.index(one.verdict)))
        family = family.replace(
            comparisons=tuple(map(_shorten_comparison, comparisons)),
            method=_brief(family.method),
            caveats=_shorten_caveats(family.caveats),
        )
    return report.replace(
        family=family,
        counters=_shorten_counters(report.counters) if report.counters else None,
        quality=_shorten_quality(report.quality) if report.quality else None,
        node=_brief(report.node),
        cpu=_brief(report.cpu),
        baseline=_shorten_side(report.baseline),
        contender=_shorten_side(report.contender),
        failure=cut(one_line(report.failure), _MOST_MESSAGE),
        stopped=_brief(report.stopped),
        missing=tuple(map(_brief, report.missing[:_MOST_CAVEATS])),
    )


def _shorten_counters(counters: CounterReport) -> CounterReport:
    instructions, others = (
        one.replace(comparisons=one.comparisons[:_MOST_CAVEATS]) for one in (counters.instructions, counters.others)
    )
    remarks = tuple(
        one.replace(message=cut(one_line(one.message), _MOST_MESSAGE)) for one in counters.remarks[:_MOST_CAVEATS]
    )
    return CounterReport(instructions=instructions, others=others, remarks=remarks)


def _shorten_quality(quality: QualityFamily) -> QualityFamily:
    comparisons = sorted(quality.comparisons, key=lambda one: (not one.relevant, _URGENCY.index(one.verdict)))
    return quality.replace(
        comparisons=tuple(comparisons[:_MOST_CAVEATS]),
        method=_brief(quality.method),
        caveats=_shorten_caveats(quality.caveats),
    )


def _shorten_side(side: SideReport) -> SideReport:
    named = side.sha and side.name.startswith(side.sha)  # what follows is a path of the runner
    return side.replace(name=side.sha[:_DIGITS] if named else _brief(side.name), config=_brief(side.config))


def _shorten_comparison(comparison: Comparison) -> Comparison:
    return comparison.replace(caveats=_shorten_caveats(comparison.caveats))


def _shorten_caveats(caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    return tuple(
        Caveat(code=_brief(one.code), message=cut(one_line(one.message), _MOST_MESSAGE))
        for one in caveats[:_MOST_CAVEATS]
    )


def _brief(text: str) -> str:
    return cut(one_line(text), _MOST_WORDS)
