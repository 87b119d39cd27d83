"""The summary at the end of a run: plain text; colour is added elsewhere."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.judge.run_answer import count_tests, group_failures
from harness.records.comparison import Summary
from harness.records.measurement import COPY_RATE, FLOP_RATE, RTF, TABLE_METRICS, Case
from harness.records.outcome import Status, StepResult
from harness.records.roofline import RooflineShare
from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.records.wording import format_count
from harness.render.config_column import config_words
from harness.render.plain import align_within, format_summary
from harness.render.quality import list_text_quality
from harness.render.quietness import list_discarded, list_placement
from harness.render.repeat import repeat_run
from harness.render.roofline import list_roofline
from harness.render.server import list_servers
from harness.render.table import short_commit, weights_kind
from harness.render.transcription import MODELLED, format_modelled, list_transcriptions
from harness.stats.series import order_model_cases, peak_memory, summarize_run

Summaries = Mapping[tuple[Case, str], Summary]
UNKNOWN = "not known"
_WIDTH = 100
_MANY = 5
# Model, weights, threads, flash attention: what names a row.
_NAMES = 4


def render_summary(
    run: Run, bundle_path: str, shares: Sequence[RooflineShare] = (), *, width: int = 0, plain: bool = False
) -> str:
    """Return status, numbers with units, tests, failures, caveats, the path of the bundle, and what to do next.

    `shares` say how near the numbers came to the roofline. Lines have at most `width` columns, and small plots are
    drawn where they have room; 0 means no limit, and no plots. `plain` is ASCII alone.
    """
    summaries = summarize_run(run)
    blocks = (
        [*list_head(run), *list_placement(run)],
        _models(run, summaries, width),
        list_transcriptions([run], [summaries]),
        list_text_quality([run], width),
        list_servers([run], [summaries]),
        [*_memcpy(summaries), *_mul_mat(summaries), *list_tests(run)],
        list_roofline(run, shares, width=width, plain=plain),
        [*list_failures(run, width), *list_discarded(run)],
        list_caveats(run, width=width),
        _next(run, bundle_path),
    )
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def list_head(run: Run) -> Iterator[str]:
    """Yield the status, what was measured where, and with what."""
    commit = run.source.commit
    release = f"{commit.release} " if commit.release and commit.release != commit.short else ""
    words = " ".join(config_words(run.system_info))
    project, commit_name = run.project or "unknown project", short_commit(run) or "unknown commit"
    took = f" in {run.wall_s:.0f} s" if run.wall_s else ""
    yield f"{run.status}  {project} {release}{commit_name} on {run.node.name}{took}"
    yield f"  cpu     {run.node.cpu.title or UNKNOWN}"
    asked = run.config.build_type or "build type not known"
    yield f"  config  {run.config.id} {asked}, {_compiler(run)}{f' ({words})' if words else ''}"
    for device in run.system_info.devices if run.system_info else ():
        yield f"  device  {device}"


def _compiler(run: Run) -> str:
    """Return the compiler that was found; for imported runs the one that was asked for, if known."""
    found = run.toolchain.cc
    if found.version:
        return f"{found.name} {found.version}".strip()
    return f"compiler not known ({run.config.compiler} was asked for)" if run.config.compiler else "compiler not known"


def _models(run: Run, summaries: Summaries, width: int) -> Iterator[str]:
    cases = order_model_cases(run, summaries)
    if not cases:
        return
    peaks = peak_memory(run)
    header = ["model", "weights", "threads", "fa", *(metric.label for metric in TABLE_METRICS), RTF.label, "peak", "n"]
    units = ["", "", "", "", *(metric.unit for metric in TABLE_METRICS), "", "MB", ""]
    rows = [
        [
            case.get("model"),
            weights_kind(run, case) or "-",
            case.get("threads"),
            case.get("fa"),
            *(format_summary(summaries.get((case, metric.name))) for metric in TABLE_METRICS),
            format_modelled(summaries, case),
            format_peak(peaks.get(case)),
            str(max(summary.n for (key, _), summary in summaries.items() if key == case)),
        ]
        for case in cases
    ]
    yield from align_within([header, units, *rows], width, names=_NAMES, indent="  ")
    if any(summary.n > 1 for (case, _), summary in summaries.items() if case in cases):
        yield "  medians of n processes; in brackets (slowest - fastest) / median; peak: the highest memory use of any"
    yield MODELLED


def format_peak(peak_bytes: int | None) -> str:
    """Return megabytes, or a dash if they are not known."""
    return f"{peak_bytes / 1e6:,.0f}" if peak_bytes else "-"


def _memcpy(summaries: Summaries) -> Iterator[str]:
    rates = _of(summaries, Benchmark.MEMCPY, COPY_RATE.name)
    if not rates:
        return
    case, best = max(rates.items(), key=lambda item: item[1].median)
    single = rates.get(Case.of("memcpy", loop="single", threads=1))
    reference = f"; {single.median:.2f} without threads" if single else ""
    threads = format_count(int(case.get("threads")), "thread")
    yield f"  memcpy   {best.median:.2f} {COPY_RATE.unit} at best, with {threads}{reference}"


def _mul_mat(summaries: Summaries) -> Iterator[str]:
    rates = _of(summaries, Benchmark.MUL_MAT, FLOP_RATE.name)
    if not rates:
        return
    case, top = max(rates.items(), key=lambda item: item[1].median)
    floats = {
        kind: max(summary.median for other, summary in rates.items() if other.get("type") == kind)
        for kind in ("f16", "f32")
        if any(other.get("type") == kind for other in rates)
    }
    others = "".join(f"; {kind} {rate:.1f}" for kind, rate in floats.items() if kind != case.get("type"))
    yield f"  mul_mat  {top.median:.1f} {FLOP_RATE.unit} at best, with {case.get('type')} at n={case.get('n')}{others}"


def _of(summaries: Summaries, benchmark: Benchmark, metric: str) -> dict[Case, Summary]:
    return {case: value for (case, name), value in summaries.items() if case.benchmark == benchmark and name == metric}


def list_tests(run: Run) -> Iterator[str]:
    """Yield a line for each build whose tests ran."""
    for one in count_tests(run):
        parts = [f"{one.passed} passed"] if one.passed else []
        parts += [_name_tests(word, names) for word, names in (("failed", one.failed), ("timed out", one.timed_out))]
        parts += [f"{one.skipped} skipped"] if one.skipped else []
        yield f"  tests    {one.build}: {', '.join(filter(None, parts))}"


def _name_tests(word: str, names: Sequence[str]) -> str:
    listed = f"{', '.join(names[:_MANY])}{', ...' if len(names) > _MANY else ''}"
    return f"{len(names)} {word} ({listed})" if names else ""


def list_failures(run: Run, width: int = 0) -> Iterator[str]:
    """Return the steps that failed, with reason and log; repetitions that failed alike share a line."""
    return (line for first, *others in group_failures(run) for line in _failure(first, len(others), width))


def list_caveats(run: Run, label: str = "", width: int = 0) -> Iterator[str]:
    """Return the caveats of a run, `label` before each."""
    return _bullets(f"{label}caveat", (f"{caveat.message} [{caveat.code}]" for caveat in run.caveats), width)


def _failure(result: StepResult, others: int, width: int) -> Iterator[str]:
    log = f" - see logs/{result.log}" if result.log else ""
    step = f"{result.step} and {others} more like it" if others else result.step
    yield from _bullets(
        "failed" if result.status is Status.FAILED else "timeout", [f"{step}: {result.reason}{log}"], width
    )


def wrap_bullet(text: str) -> list[str]:
    """Return the lines of one remark below a table."""
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False)


def _bullets(word: str, texts: Iterable[str], width: int = 0) -> Iterator[str]:
    indent = "  " + " " * (len(word) + 2)
    for text in texts:
        yield from textwrap.wrap(
            text,
            min(width or _WIDTH, _WIDTH),
            initial_indent=f"  {word}: ",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _next(run: Run, bundle_path: str) -> Iterator[str]:
    yield f"  bundle: {bundle_path}"
    yield f"  report: {bundle_path}/README.md"
    first_log = next((result.log for result in run.results if result.status.bad and result.log), "")
    if first_log:
        yield f"  next:   less {bundle_path}/logs/{first_log}"
    elif not run.status.bad:
        yield "  next:   harness run --source DIR  # measures a tree of your own; run --help shows more"
    if command := repeat_run(run):
        yield f"  again:  {command}"
