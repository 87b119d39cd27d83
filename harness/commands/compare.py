"""`harness compare`: verdicts on stored runs."""

from collections.abc import Sequence

from harness.commands.output import Output, OutputForm
from harness.commands.request.trial import resolve_question
from harness.commands.selection import select_runs
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UsageError
from harness.judge.comparison import compare_runs, list_uncompared
from harness.judge.context import GROUPS
from harness.records.exit_code import ExitCode
from harness.records.record import Record
from harness.records.run import Run
from harness.render.comparison import ComparedSides, render_comparison
from harness.render.comparison_markdown import render_comparison_markdown
from harness.render.counter import list_counters_markdown, render_counters
from harness.render.quality import list_quality_markdown, render_quality_family
from harness.settings.layer import Settings


class CompareWords(Record):
    """The words of both sides and of `--across`, and the form of the output."""

    baseline: tuple[str, ...]
    contender: tuple[str, ...]
    across: tuple[str, ...] = ()
    markdown: bool = False
    full: bool = False


def compare(settings: Settings, output: Output, words: CompareWords) -> int:
    """Print the verdicts on stored runs; return 20 for a relevant regression, 21 if strict and unresolved, else 0.

    Returns 2 if a metric or benchmark was named that the two sides do not have in common, and else the exit code for
    unreadable input if a run could not be read.
    """
    question = resolve_question(settings, words.across)
    sides = [_find(settings, side, output) for side in (words.baseline, words.contender)]
    (baseline, left), (contender, right) = sides
    result = compare_runs(baseline, contender, question)
    family = result.family
    compared = ComparedSides(_title(result.baseline, baseline), _title(result.contender, contender), result.differences)
    if words.markdown:
        text = render_comparison_markdown(family, compared)
        counted = list_counters_markdown(result.counters) if result.counters else []
        counted += list_quality_markdown(result.quality) if result.quality else []
    else:
        text = render_comparison(family, compared, full=words.full, width=output.width, plain=not output.is_unicode)
        counted = [render_counters(result.counters, output.width)] if result.counters else []
        counted += [render_quality_family(result.quality, output.width)] if result.quality else []
    text = "\n".join([text, *counted, ""]) if counted else text
    heard = result.quality.caveats if result.quality else ()
    output.show(text, result, (*family.all_caveats, *heard))
    missing = list_uncompared(question, result)
    for name in missing:
        output.console.warn(
            f"harness: the two sides have no {name} in common (harness show RUN lists the metrics of a run)"
        )
    codes = [one.exit_code(strict=question.strict) for one in (family, result.quality) if one]
    code = int(next((one for one in (ExitCode.REGRESSION, ExitCode.INCONCLUSIVE) if one in codes), ExitCode.OK))
    return code or (UsageError.exit_code if missing else 0) or left or right


def _find(settings: Settings, words: Sequence[str], output: Output) -> tuple[list[Run], int]:
    """Return the runs of one side, named directly or matching all KEY=VALUE words, and an exit code."""
    if not any(word.strip(",") for word in words):
        raise UsageError("one side names no run", hint="harness compare release=v1.8.5 latest")
    stored, code = select_runs(settings, output, words)
    return [one.run for one in stored], code


def _title(name: str, runs: Sequence[Run]) -> str:
    ids = [run.id for run in runs]
    listed = ids[0] if len(ids) == 1 else f"{len(ids)} runs: {', '.join(ids[:2])}{', ...' if len(ids) > 2 else ''}"
    return f"{name} on {', '.join(dict.fromkeys(run.node.name for run in runs))} ({listed})"


def _call(call: Call) -> int:
    named, flags = call.words("side"), (call.words("baseline"), call.words("contender"))
    if len(named) != (0 if any(flags) else 2) or (any(flags) and not all(flags)):
        raise UsageError(
            "compare needs two sides", hint="harness compare BASELINE CONTENDER  # or both --baseline and --contender"
        )
    baseline, contender = flags if any(flags) else (named[:1], named[1:])
    words = CompareWords(
        baseline=baseline,
        contender=contender,
        across=tuple(GROUPS) if call.flag("force") else call.pieces("across"),
        markdown=call.output.form is OutputForm.MARKDOWN,
        full=call.output.console.verbose,
    )
    return compare(call.settings, call.output, words)


VERB = Verb(
    name="compare",
    call=_call,
    arguments=(
        Argument(
            name="SIDE",
            takes=ArgumentKind.ANY,
            metavar="SIDE",
            path=True,
            words=CompletionSource.RUNS,
            help="one side: runs as in `harness show`, or KEY=VALUE (release=v1.8.5, commit=, node=), joined by commas",
        ),
        Argument(
            name="--baseline",
            takes=ArgumentKind.SOME,
            metavar="RUN",
            path=True,
            words=CompletionSource.RUNS,
            help="the runs of the first side",
        ),
        Argument(
            name="--contender",
            takes=ArgumentKind.SOME,
            metavar="RUN",
            path=True,
            words=CompletionSource.RUNS,
            help="the runs of the second side",
        ),
        Argument(
            name="--across",
            takes=ArgumentKind.MANY,
            metavar="WHAT",
            help=f"let runs differ in this: {', '.join(GROUPS)}, or a single field (backend, GGML_LTO, pin)",
        ),
        Argument(name="--force", takes=ArgumentKind.SWITCH, help="compare any runs, whatever they differ in"),
    ),
    first=("metric", "bench", "threshold"),
    examples=(
        ("harness compare commit=v1.8.4 latest", "the newest run against a release"),
        ("harness compare RUN,RUN RUN,RUN", "several runs per side"),
        ("harness compare A B --format markdown", "for a pull request"),
    ),
    forms=(OutputForm.TEXT, OutputForm.JSON, OutputForm.MARKDOWN),
)
