"""The answer of a bisection for people: the commit, how sure that is, the way there, and lines to copy."""

import math
import textwrap
from collections.abc import Iterator

from harness.plan.bisect_choice import Forecast
from harness.plan.commit_line import Line
from harness.records.bisection import NAME_OF_GOOD, BisectReport, BisectVerdict, Culprit, StoredBisection, Suspect
from harness.records.caveat import Caveat
from harness.records.comparison import Comparison
from harness.records.source import Commit
from harness.records.wording import format_count
from harness.render.plain import align, cut, format_seconds, printable

# The least and the most ink.
_INK = " .:-=+*#%@"
_WIDTH = 60
_COLUMNS = 100
_SUBJECT = 60
_FILES = 4
_MERGED = 3
# So many commits that are only suspected are described in full; of more the likeliest have a line each.
_FULL, _LISTED = 3, 10


def render_plan(stored: StoredBisection, line: Line, forecast: Forecast, *, ends_s: float, budget_s: float) -> str:
    """Return what a search goes over and what it is expected to take, before anything is built.

    `ends_s` is what GOOD against BAD takes at least.
    """
    commits, candidates = len(stored.line.commits), len(line.candidates)
    asked = f"{stored.metric} of {stored.case}; a change of {100 * stored.threshold:g} % or more"
    blocks, builds = format_count(forecast.blocks, "block"), format_count(forecast.builds, "build")
    expected = f"{blocks} and {builds}: about {format_seconds(forecast.seconds)} (budget {format_seconds(budget_s)})"
    lines = [
        f"bisect {stored.words[0]} {stored.words[1] or '.'} in {stored.line.repo}",
        f"  good      {_name(stored.line.good)}",
        f"  bad       {_name(stored.line.bad)}",
        f"  commits   {commits}, of which {candidates} can change this build",
        f"  looks for {asked}",
        f"  expected  {expected}",
        *_warn(forecast, ends_s, budget_s),
    ]
    return "\n".join(lines)


def _warn(forecast: Forecast, ends_s: float, budget_s: float) -> Iterator[str]:
    """Say what a budget is likely to be too small for, while nothing is built yet."""
    lead = "            "
    if budget_s < ends_s:
        yield f"{lead}the budget may be too small for GOOD against BAD alone, about {format_seconds(ends_s)};"
    elif budget_s < forecast.seconds:
        yield f"{lead}the budget may be too small for an answer;"
    else:
        return
    yield f"{lead}if it is, --resume goes on, and --budget {math.ceil(forecast.seconds / 60)}m may do at once"


def render_bisection(report: BisectReport) -> str:
    """Return the answer, the way there, and the commands that repeat it; no trailing newline."""
    lines = [
        f"{report.verdict}: {say_verdict(report)}",
        *(line for culprit in report.culprits for line in _culprit(report, culprit)),
        *_suspects(report),
        *_ends(report),
        *_picture(report),
        *_way(report),
        *_facts(report),
        *(line for caveat in report.caveats for line in _caveat(caveat)),
        "",
        *(f"  {command}" for command in report.commands),
    ]
    return "\n".join(lines)


def say_verdict(report: BisectReport) -> str:
    """Return what a search came to, without its verdict."""
    if report.verdict is not BisectVerdict.FOUND:
        return report.why
    sets = [len(one.suspects) for one in report.culprits]
    count = format_count(len(sets), "commit")
    if max(sets) == 1:
        return f"{count} changed {report.metric}; {report.why}"
    return f"{count} changed {report.metric}, and cannot be told apart from neighbours; {report.why}"


def _culprit(report: BisectReport, culprit: Culprit) -> Iterator[str]:
    yield ""
    if len(culprit.suspects) > 1:
        yield f"  one of these {len(culprit.suspects)} commits, which cannot be told apart:"
    for suspect in culprit.suspects:
        yield from _suspect(report, suspect)
    sure = f"probability {culprit.probability:.1%}" if len(culprit.suspects) > 1 else ""
    parent = NAME_OF_GOOD if culprit.baseline == NAME_OF_GOOD else _short(culprit.baseline)
    yield f"  change    {_change(culprit.final)}, {_short(culprit.contender)} against {parent}"
    if sure:
        yield f"  together  {sure}"


def _suspect(report: BisectReport, suspect: Suspect) -> Iterator[str]:
    named = {one.key: one for one in report.named}
    one = named[suspect.commit]
    broken = ", does not build" if suspect.unbuildable else ""
    author = f"{printable(one.commit.author)}; " if one.commit.author else ""
    yield f"  {_name(one.commit)}"
    yield f"            {author}probability {suspect.probability:.1%}{broken}"
    if one.files:
        more = f" and {len(one.files) - _FILES} more" if len(one.files) > _FILES else ""
        yield f"            {', '.join(map(printable, one.files[:_FILES]))}{more}"
    if suspect.merged:
        keys = ", ".join(_short(key) for key in suspect.merged[:_MERGED])
        more = f" and {len(suspect.merged) - _MERGED} more" if len(suspect.merged) > _MERGED else ""
        yield f"            measured with it, since they do not change the code: {keys}{more}"


def _suspects(report: BisectReport) -> Iterator[str]:
    if report.suspects:
        yield ""
        what = "a further change" if report.culprits else "the change"
        yield f"  {what} is in one of these with a probability of {report.probability:.1%}:"
        if len(report.suspects) <= _FULL:
            for suspect in report.suspects:
                yield from _suspect(report, suspect)
            return
        named = {one.key: one.commit for one in report.named}
        likeliest = sorted(report.suspects, key=lambda one: one.probability, reverse=True)[:_LISTED]
        yield from (f"  {one.probability:6.1%}  {_name(named[one.commit])}" for one in likeliest)
        if more := len(report.suspects) - len(likeliest):
            yield f"          and {format_count(more, 'more', plural='more')}"


def _ends(report: BisectReport) -> Iterator[str]:
    if report.ends:
        yield ""
        yield f"  GOOD-BAD  {_change(report.ends)}"
    for one in report.others:
        yield f"  also      {one.metric} differs: {_change(one)}; harness bisect --metric {one.metric} looks for that"


def _picture(report: BisectReport) -> Iterator[str]:
    """Yield the probabilities along the line, several candidates in a column if they are many."""
    if len(report.chances) > 1:
        each = -(-len(report.chances) // _WIDTH)
        sums = [sum(report.chances[at : at + each]) for at in range(0, len(report.chances), each)]
        top = max(sums) or 1.0
        ink = "".join(_INK[min(len(_INK) - 1, round(one / top * (len(_INK) - 1)))] for one in sums)
        what = "one candidate" if each == 1 else f"{each} candidates"
        yield f"  where     GOOD |{ink}| BAD"
        yield f"            the probability to be the first change; a column is {what}, {_INK[-1]} is {top:.0%}"


def _way(report: BisectReport) -> Iterator[str]:
    if report.visits:
        rows = [("commit", "place", "blocks", "against GOOD", "has the change")]
        rows += [
            (_short(one.commit), str(one.place), str(one.blocks), f"{one.change:+.1%}", f"{one.chance:.0%}")
            for one in report.visits
        ]
        yield ""
        yield from align(rows, indent="  ")


def _facts(report: BisectReport) -> Iterator[str]:
    blocks = report.ends_blocks + report.search_blocks + report.final_blocks
    parts = f"{report.ends_blocks} of both ends, {report.search_blocks} of the search, {report.final_blocks} final"
    yield ""
    commits = format_count(report.commits, "commit")
    yield f"  looked at {commits}: {report.passed} cannot change this build by their files"
    if report.equal:
        yield f"            builds with the code of an earlier commit: {report.equal}"
    yield f"  took      {format_count(blocks, 'block')} ({parts}), {format_count(report.builds, 'build')}, " + (
        format_seconds(report.spent_s)
    )
    for one in report.unbuildable:
        yield f"  left out  {_short(one.commit)}: {cut(printable(one.reason), _SUBJECT)}"
    yield f"  search    {report.id}"


def _caveat(caveat: Caveat) -> list[str]:
    lead = "  caveat    "
    text = f"{printable(caveat.message)} [{caveat.code}]"
    return textwrap.wrap(text, _COLUMNS, initial_indent=lead, subsequent_indent=" " * len(lead), break_long_words=False)


def _change(one: Comparison) -> str:
    interval = f" [{one.low:+.1%}, {one.high:+.1%}]" if one.low is not None and one.high is not None else ""
    return f"{one.change:+.1%}{interval} in {one.metric}, {one.verdict} after {format_count(one.n, 'block')}"


def _name(commit: Commit) -> str:
    subject = cut(printable(commit.message.partition("\n")[0]), _SUBJECT)
    state = " with changes" if commit.dirty else ""
    return f"{commit.short}{state}  {commit.date[:10]}  {subject}".replace("    ", "  ")


def _short(key: str) -> str:
    sha, plus, _ = key.partition("+")
    return f"{sha[:8]}{' with changes' if plus else ''}"
