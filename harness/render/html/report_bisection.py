"""What a page says of a search for a commit: the commit first, how sure that is, and the way there."""

from collections.abc import Iterator, Sequence

from harness.records.bisection import NAME_OF_GOOD, BisectReport, BisectVerdict, Culprit, Suspect
from harness.records.comparison import Comparison
from harness.records.site import SiteState
from harness.records.wording import format_count
from harness.render.bisection import say_verdict
from harness.render.figure.figure import Figure
from harness.render.html.block import (
    Block,
    CommandBlock,
    FactBlock,
    PageContent,
    TableBlock,
    TextBlock,
    explain_caveats,
)
from harness.render.html.report_run import list_figures, make_section
from harness.render.html.report_trial import capital, tabulate_comparisons
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, cell_change, cell_percent, shorten
from harness.render.plain import cut, format_seconds, one_line

_SHORT = 8
# So many files of a commit are named.
_FILES = 6


def view_bisection(report: BisectReport, figures: Sequence[Figure]) -> PageContent:
    """Return the page of a search for a commit."""
    ends = [report.ends] if report.ends else []
    finals = [one.final for one in report.culprits]
    commands = [CommandBlock(line=line) for line in report.commands]
    sections = [
        *make_section("Commits", [block for one in report.culprits for block in _list_culprit(report, one)]),
        *make_section("Suspected", _list_suspects(report)),
        *list_figures(figures),
        *make_section("Comparisons", _list_comparisons([*finals, *ends, *report.others])),
        *make_section("The way", _list_visits(report)),
        *make_section("Caveats", [explain_caveats(report.caveats)] if report.caveats else []),
        *make_section("What was measured", [FactBlock(facts=tuple(_list_facts(report)))]),
        *make_section(
            "How to repeat it", [*commands, CommandBlock(line=f"harness show {report.id}", what="Prints this search")]
        ),
    ]
    found = report.verdict is BisectVerdict.FOUND
    slower = any(one.change > 0 for one in finals)
    state = SiteState.STEADY if report.verdict is BisectVerdict.NOTHING else SiteState.TOO_FEW
    return PageContent(
        title=f"Which commit changed {report.metric} on {report.node}",
        lead=_conclude(report),
        mark=(SiteState.SLOWER if slower else SiteState.FASTER) if found else state,
        more=f"{report.verdict}: {say_verdict(report)}.",
        sections=tuple(sections),
    )


def _conclude(report: BisectReport) -> str:
    """Return which commits changed what by how much, or why that is not known."""
    if report.verdict is not BisectVerdict.FOUND:
        return capital(f"{say_verdict(report)}.")
    known = {one.key: one.commit for one in report.named}
    parts = []
    for one in report.culprits:
        names = [_short(suspect.commit) for suspect in one.suspects]
        commit = known.get(one.suspects[0].commit) if len(names) == 1 else None
        subject = f" ({cut(one_line(commit.message.partition(chr(10))[0]), 80)})" if commit else ""
        which = names[0] if len(names) == 1 else f"one of {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
        word = "slower" if one.final.change > 0 else "faster"
        parts.append(f"{abs(one.final.change):.1%} {word} with {which}{subject}")
    return f"{report.metric} of {report.case}: {'; '.join(parts)}."


def _list_culprit(report: BisectReport, culprit: Culprit) -> Iterator[Block]:
    several = len(culprit.suspects) > 1
    if several:
        yield TextBlock(lines=(f"One of these {len(culprit.suspects)} commits, which cannot be told apart:",))
    for one in culprit.suspects:
        yield from _list_suspect(report, one)


def _list_suspect(report: BisectReport, suspect: Suspect) -> Iterator[Block]:
    known = {one.key: one for one in report.named}
    named = known.get(suspect.commit)
    commit = named.commit if named else None
    facts = (
        ("Commit", commit.sha if commit else suspect.commit),
        ("Subject", one_line(commit.message.partition("\n")[0]) if commit else ""),
        ("Author", commit.author if commit else ""),
        ("Date", commit.date[:10] if commit else ""),
        ("Probability", f"{suspect.probability:.1%}"),
        ("Files", _list_files(named.files) if named else ""),
        ("State", "it does not build" if suspect.unbuildable else ""),
    )
    yield FactBlock(facts=tuple((name, PageCell(text=shorten(text, 400))) for name, text in facts if text))


def _list_suspects(report: BisectReport) -> Iterator[Block]:
    if not report.suspects:
        return
    yield TextBlock(lines=(f"The change is in one of these with a probability of {report.probability:.1%}.",))
    known = {one.key: one.commit for one in report.named}
    rows = [
        PageRow(
            cells=(
                PageCell(text=_short(one.commit)),
                PageCell(text=shorten(known[one.commit].message.partition("\n")[0]) if one.commit in known else ""),
                cell_percent(one.probability),
            )
        )
        for one in sorted(report.suspects, key=lambda one: -one.probability)[:50]
    ]
    columns = (
        PageColumn(name="Commit"),
        PageColumn(name="Subject"),
        PageColumn(name="Probability", unit="%", number=True),
    )
    yield TableBlock(table=PageTable(caption="The likeliest first", columns=columns, rows=tuple(rows)))


def _list_comparisons(found: Sequence[Comparison]) -> Iterator[Block]:
    if found:
        caption = "The final comparison of each commit, then GOOD against BAD; lower is better"
        yield TableBlock(table=tabulate_comparisons(found, caption))


def _list_files(files: Sequence[str]) -> str:
    more = f" and {len(files) - _FILES} more" if len(files) > _FILES else ""
    return f"{', '.join(files[:_FILES])}{more}"


def _list_visits(report: BisectReport) -> Iterator[Block]:
    if not report.visits:
        return
    columns = (
        PageColumn(name="Commit"),
        PageColumn(name="Place on the line", number=True),
        PageColumn(name="Blocks", number=True),
        PageColumn(name="Against GOOD", number=True),
        PageColumn(name="Has the change", unit="%", number=True),
    )
    rows = [
        PageRow(
            cells=(
                PageCell(text=_short(one.commit)),
                PageCell(text=str(one.place), value=float(one.place)),
                PageCell(text=str(one.blocks), value=float(one.blocks)),
                cell_change(one.change),
                cell_percent(one.chance),
            )
        )
        for one in report.visits
    ]
    yield TableBlock(table=PageTable(caption="What was measured on the way", columns=columns, rows=tuple(rows)))


def _list_facts(report: BisectReport) -> Iterator[tuple[str, PageCell]]:
    blocks = f"{report.ends_blocks} of both ends, {report.search_blocks} of the search, {report.final_blocks} final"
    left_out = "; ".join(f"{_short(one.commit)}: {one_line(one.reason)}" for one in report.unbuildable)
    facts = (
        ("Search", report.id),
        ("Node", report.node),
        ("Repository", report.repo),
        ("Line", f"{_short(report.line[0])} to {_short(report.line[1])}, {format_count(report.commits, 'commit')}"),
        ("Passed over", f"{report.passed} change nothing that is compiled, {report.equal} have equal code"),
        ("Looks for", f"{100 * report.threshold:g} % or more in {report.metric} of {report.case}"),
        ("Blocks", blocks),
        ("Builds", str(report.builds)),
        ("Took", format_seconds(report.spent_s)),
        ("Left out", left_out),
    )
    yield from ((name, PageCell(text=shorten(text, 1000))) for name, text in facts if text)


def _short(key: str) -> str:
    if key == NAME_OF_GOOD:
        return key
    sha, plus, _ = key.partition("+")
    return f"{sha[:_SHORT]}{' with changes' if plus else ''}"
