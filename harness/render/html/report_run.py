"""What a page says of one run, or of several: the verdict first, then numbers, caveats, the node, and every step."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.run import OURS, Run
from harness.records.site import SiteState
from harness.records.wording import format_count
from harness.render.config_column import config_words
from harness.render.figure.figure import Figure
from harness.render.html.block import (
    Block,
    CommandBlock,
    FactBlock,
    FigureBlock,
    LogBlock,
    PageContent,
    PageSection,
    TableBlock,
    TextBlock,
    explain_caveats,
)
from harness.render.html.report_number import describe_best, list_numbers
from harness.render.html.report_step import list_steps, tail
from harness.render.html.table import PageCell, PageColumn, PageRow, PageTable, cell_verdict, shorten
from harness.render.plain import cut, format_seconds, one_line
from harness.render.quietness import describe_placement, list_discarded
from harness.render.repeat import repeat_run
from harness.render.table import short_commit

UNKNOWN = "not known"
_NAMED = 5
_REPORT_LINES = 120
_DISCARDED = 40


class ReportedRun(NamedTuple):
    """A run to be shown: its logs by name, the path of its bundle, and the text that an imported one was read from."""

    run: Run
    logs: Mapping[str, str]
    path: str
    report: str = ""


def view_run(one: ReportedRun, figures: Sequence[Figure]) -> PageContent:
    """Return the page of a run."""
    run = one.run
    sections = [
        *list_figures(figures),
        *make_section("Numbers", list_numbers([run])),
        *make_section("Caveats", [explain_caveats(run.caveats)] if run.caveats else []),
        *make_section("What was measured", [FactBlock(facts=tuple(list_facts(run, one.path)))]),
        *make_section("Node", [FactBlock(facts=tuple(list_node(run)))]),
        *make_section("Not understood", _list_remarks(run)),
        *list_steps(run, one.logs, one.path),
        *make_section("Discarded", _list_discarded(run)),
        *make_section("Report", _list_report(one)),
        *make_section("How to repeat it", list_commands(run)),
    ]
    return PageContent(
        title=f"{name_source(run)} on {run.node.name or 'an unknown node'}",
        lead=conclude_run(run),
        mark=SiteState.MISSING if run.status.bad else SiteState.STEADY,
        more=_count_caveats([run]),
        sections=tuple(sections),
    )


def view_runs(runs: Sequence[ReportedRun], figures: Sequence[Figure]) -> PageContent:
    """Return the page of several runs: side by side first, then what each was."""
    found = [one.run for one in runs]
    bad = [run for run in found if run.status.bad]
    nodes = dict.fromkeys(run.node.name for run in found)
    passed = "all passed" if not bad else f"{len(found) - len(bad)} passed, {len(bad)} failed"
    sections = [
        *make_section("Runs", [TableBlock(table=_tabulate_runs(runs))]),
        *list_figures(figures),
        *make_section("Numbers", list_numbers(found)),
        *make_section("Caveats", _list_caveats(found)),
        *(
            section.replace(minor=len(runs) > _NAMED)
            for number, one in enumerate(runs, 1)
            for section in list_steps(one.run, one.logs, one.path, f"Steps of run {number}")
        ),
        *make_section("How to repeat it", [block for run in found for block in list_commands(run)]),
    ]
    return PageContent(
        title=f"{format_count(len(found), 'run')} on {', '.join(list(nodes)[:_NAMED]) or 'an unknown node'}",
        lead=f"{format_count(len(found), 'run')} on {format_count(len(nodes), 'node')}: {passed}.",
        mark=SiteState.MISSING if bad else SiteState.STEADY,
        more="These runs were not measured in turns, so their differences are no verdict: harness compare judges them.",
        sections=tuple(sections),
    )


def conclude_run(run: Run) -> str:
    """Return what came of a run, in a sentence or two."""
    if not run.status.bad:
        return f"{_count_steps(run)} {describe_best(run)}".strip()
    bad = [one for one in run.results if one.status.bad]
    building = [one for one in bad if one.phase in (Phase.CONFIGURE, Phase.LIST, Phase.BUILD)]
    if building:
        return _sentence(f"The build failed: {building[0].step}", building[0].reason)
    failed = [check.name for one in bad for check in one.checks if check.status.bad]
    if failed:
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        return f"{format_count(len(failed), 'test')} failed: {', '.join(failed[:_NAMED])}{more}."
    if bad:
        more = f" and {format_count(len(bad) - 1, 'more step')}" if len(bad) > 1 else ""
        return _sentence(f"{bad[0].step}{more} failed", bad[0].reason)
    gaps = [gap.name for gap in run.gaps]
    if gaps:
        return f"Missing without a reason: {', '.join(gaps[:_NAMED])}{' ...' if len(gaps) > _NAMED else ''}."
    return "Nothing was measured."


def _count_steps(run: Run) -> str:
    skipped = sum(one.status is Status.SKIPPED for one in run.results)
    passed = len(run.results) - skipped
    if skipped:
        return f"{format_count(passed, 'step')} passed, {skipped} skipped."
    return f"All {passed} steps passed." if passed > 1 else "Nothing failed."


def name_source(run: Run) -> str:
    """Return what was measured: `whisper.cpp v1.8.5 (1a2b3c4)`."""
    release, commit = run.source.commit.release, short_commit(run)
    named = f"{release} ({commit})" if release and commit and release != commit else release or commit
    return f"{run.project or 'an unknown project'} {named or 'at an unknown commit'}"


def list_facts(run: Run, path: str) -> Iterator[tuple[str, PageCell]]:
    """Yield what was measured, with what, and when; what is not known is left out."""
    commit, config, suite = run.source.commit, run.config, run.suite
    subject = one_line(commit.message.partition("\n")[0])
    options = " ".join(map(str, config.options))
    compiler = run.toolchain.cc
    facts = (
        ("Run", run.id),
        ("Began", _moment(run.start)),
        ("Took", format_seconds(run.wall_s) if run.wall_s > 0 else ""),
        ("Measured by", f"harness {run.harness}" if run.origin == OURS else f"{run.origin} (imported)"),
        ("Commit", commit.sha + (" with uncommitted changes" if commit.sha and commit.dirty else "")),
        ("Subject", cut(subject, 200)),
        ("Author", commit.author),
        ("Commit date", _moment(commit.date)),
        ("Repository", commit.repo),
        ("Source", run.source.path if run.source.mutable else ""),
        ("Build", " ".join(word for word in (config.build_type, config.isa, config.backend) if word)),
        ("Reports", " ".join(config_words(run.system_info))),
        ("Devices", "; ".join(map(str, run.system_info.devices)) if run.system_info else ""),
        ("Compiler", f"{compiler.name} {compiler.version}".strip() if compiler.version else config.compiler),
        ("CMake options", shorten(options, 1000)),
        ("Weights", ", ".join(f"{one.model} ({one.kind})" for one in run.weights)),
        ("Benchmarks", ", ".join(suite.benchmarks)),
        ("Repetitions", str(suite.repetitions) if run.origin == OURS else ""),
        ("Purpose", "" if run.purpose == "manual" else f"{run.purpose} {run.asked_by}".strip()),
        ("Part of", run.trial.id if run.trial else run.sweep),
        ("Placed", describe_placement(run)),
        ("Bundle", path),
    )
    yield from ((name, PageCell(text=shorten(text, 1000))) for name, text in facts if text)


def list_node(run: Run) -> Iterator[tuple[str, PageCell]]:
    """Yield what is known of the node."""
    node, cores = run.node, run.node.cpu.cores
    caches = ", ".join(
        f"L{cache.level}{' ' + cache.kind.lower() if cache.level == 1 else ''} {cache.size_bytes // 1024} KB"
        for cache in node.cpu.caches
    )
    facts = (
        ("Name", node.name),
        ("Processor", node.cpu.title),
        ("Architecture", " ".join(word for word in (node.cpu.arch, node.cpu.microarchitecture) if word)),
        (
            "Cores",
            f"{cores.usable_physical} usable of {cores.physical}, {cores.logical} logical" if cores.logical else "",
        ),
        ("CPU quota", f"{cores.quota_cpus:g} CPUs" if cores.quota_cpus else ""),
        ("Caches", caches),
        ("Memory", f"{node.memory_bytes / 1e9:.1f} GB" if node.memory_bytes else ""),
        ("System", ", ".join(word for word in (node.os, f"kernel {node.kernel}" if node.kernel else "") if word)),
        ("Hypervisor", node.hypervisor),
        ("Container", node.container),
    )
    yield from ((name, PageCell(text=shorten(text, 400))) for name, text in facts if text)


def list_figures(figures: Sequence[Figure]) -> Iterator[PageSection]:
    """Yield the section of figures, if there are any."""
    yield from make_section("Pictures", [FigureBlock(figure=one) for one in figures])


def list_commands(run: Run) -> Iterator[Block]:
    """Yield the commands that measure a run again and print it."""
    if command := repeat_run(run):
        yield CommandBlock(
            line=command, what="Measures it again" if run.origin == OURS else "Measures this commit here"
        )
    yield CommandBlock(line=f"harness show {run.id}", what="Prints this run")


def make_section(title: str, blocks: "Sequence[Block] | Iterator[Block]") -> Iterator[PageSection]:
    """Yield a section, if it has something in it."""
    if found := tuple(blocks):
        yield PageSection(title=title, name=title.lower().replace(" ", "-"), blocks=found)


def _list_caveats(runs: Sequence[Run]) -> Iterator[Block]:
    for number, run in enumerate(runs, 1):
        if run.caveats:
            yield TextBlock(lines=(), heading=f"Run {number}: {run.id}")
            yield explain_caveats(run.caveats)


def _count_caveats(runs: Sequence[Run]) -> str:
    count = sum(len(run.caveats) for run in runs)
    return f"Read with {format_count(count, 'caveat')}: see below." if count else ""


def _list_remarks(run: Run) -> Iterator[Block]:
    if run.remarks:
        yield TextBlock(
            lines=tuple(f"line {one.line}: {one.what} {shorten(one.text)}".strip() for one in run.remarks[:50])
        )


def _list_discarded(run: Run) -> Iterator[Block]:
    lines = [line.strip().removeprefix("discarded").strip() for line in list_discarded(run)]
    if lines:
        more = len(lines) - _DISCARDED
        yield TextBlock(
            lines=(
                "Attempts that were disturbed and measured again; they are part of no number.",
                *lines[:_DISCARDED],
                *([f"and {more} more"] if more > 0 else []),
            )
        )


def _list_report(one: ReportedRun) -> Iterator[Block]:
    """Yield the end of the report that an imported run was read from."""
    if one.report:
        yield LogBlock(
            step="The report that this run was read from",
            place=one.path,
            text=tail(one.report, _REPORT_LINES),
            mark=SiteState.STEADY,
            status="imported",
        )


def _tabulate_runs(runs: Sequence[ReportedRun]) -> PageTable:
    names = ("Run", "Id", "Began", "Node", "Measured", "Config", "Status", "Bundle")
    counted = Counter(one.run.node.name for one in runs)
    rows = [
        PageRow(
            cells=(
                PageCell(
                    text=str(number), value=float(number), link=f"#steps-of-run-{number}" if one.run.results else ""
                ),
                PageCell(text=one.run.id),
                PageCell(text=one.run.start[:16].replace("T", " ") or UNKNOWN),
                PageCell(text=shorten(one.run.node.name, 60) or "-"),
                PageCell(text=shorten(name_source(one.run), 80)),
                PageCell(text=" ".join(config_words(one.run.system_info)) or one.run.config.isa or "-"),
                cell_verdict(Status.FAILED if one.run.status.bad else Status.PASSED),
                PageCell(text=one.path),
            )
        )
        for number, one in enumerate(runs, 1)
    ]
    where = f", {format_count(len(counted), 'node')}"
    columns = tuple(PageColumn(name=name, number=name == "Run") for name in names)
    return PageTable(caption=f"{format_count(len(runs), 'run')}{where}", columns=columns, rows=tuple(rows))


def _sentence(what: str, why: str) -> str:
    return f"{what}: {one_line(why).rstrip('.')}." if why else f"{what}."


def _moment(text: str) -> str:
    """Return a time to the second, with its offset from UTC where it says one."""
    offset = text[-6:] if len(text) > 24 and text[-6] in "+-" else ""
    return text[:19].replace("T", " ") + (" UTC" if text.endswith(("Z", "+00:00")) else f" {offset}".rstrip())
