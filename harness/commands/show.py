"""`harness show`: print runs, the table of a sweep, the answer of a search, or the report of a night."""

from collections.abc import Sequence

from harness.bisect.answer import read_answer
from harness.commands.output import Output, OutputForm
from harness.commands.request.place import resolve_results
from harness.commands.selection import select_runs
from harness.commands.sweep_table import FORMS, PIVOT, Pivot, choose_pivot, show_stored
from harness.commands.verb import RUNS, Verb
from harness.errors import UsageError
from harness.judge.roofline import list_shares
from harness.judge.run_answer import describe_run
from harness.records.run_answer import RunAnswers
from harness.render.bisection import render_bisection
from harness.render.display import render_display
from harness.render.night import render_night, render_night_markdown
from harness.render.tune import render_tuning
from harness.settings.layer import Settings
from harness.store.bisection_file import load_bisection, name_bisection
from harness.store.bundle import BISECTION
from harness.store.night_file import load_night, name_night
from harness.store.sweep_file import find_sweep, name_sweep
from harness.store.tuning_file import load_tuning, name_tuning


def show(settings: Settings, output: Output, words: Sequence[str], pivot: Pivot) -> int:
    """Print the runs that `words` name, caveats first, or a sweep, a search or a night; return the exit code."""
    results = resolve_results(settings)
    named = name_sweep(results, words[0]) if len(words) == 1 else None
    if named:
        return show_stored(find_sweep(results, *named, unfinished=False), results, pivot, output)
    path = name_bisection(results, words[0]) if len(words) == 1 else None
    if path and output.form in (OutputForm.TEXT, OutputForm.JSON) and pivot == Pivot():
        report = read_answer(results, load_bisection(path), output.console.note)
        output.show(render_bisection(report), report, report.caveats)
        return 0
    if path:
        name = path.name.removesuffix(BISECTION)
        raise UsageError(f"{name} is a bisection, which has no table", hint=f"harness show {name}  # or with --json")
    search = name_tuning(results, words[0]) if len(words) == 1 else None
    if search and output.form in (OutputForm.TEXT, OutputForm.JSON) and pivot == Pivot():
        tuning = load_tuning(search)
        output.show(render_tuning(tuning, width=output.width, plain=not output.is_unicode), tuning)
        return 0
    night = name_night(results, words[0]) if len(words) == 1 else None
    if night and output.form is not OutputForm.CSV and pivot == Pivot():
        morning = load_night(night)
        marked = output.form is OutputForm.MARKDOWN
        output.show(render_night_markdown(morning) if marked else render_night(morning, width=output.width), morning)
        return 0
    if output.form in (OutputForm.CSV, OutputForm.MARKDOWN) or pivot != Pivot():
        hint = f"harness report {' '.join(words)} --format {'csv' if output.form is OutputForm.CSV else 'markdown'}"
        raise UsageError("tables of this kind need a sweep, and no sweep is named", hint=hint)
    stored, code = select_runs(settings, output, words)
    runs = tuple(one.run for one in stored)
    shares = [list_shares(run) for run in runs]
    paths, plain = [one.path for one in stored], not output.is_unicode
    answers = RunAnswers(
        runs=tuple(describe_run(run, path, mine) for run, path, mine in zip(runs, paths, shares, strict=True))
    )
    text = render_display(runs, paths, shares, width=output.width, plain=plain)
    output.show(text, answers, (caveat for run in runs for caveat in run.caveats))
    return code


VERB = Verb(
    name="show",
    call=lambda call: show(call.settings, call.output, call.words("run"), choose_pivot(call)),
    arguments=(
        RUNS.replace(
            help=f"{RUNS.help}; or a sweep, a bisection, a search of `tune` or the report of a night by its id or the "
            "beginning of it, the latest by 'sweep', 'bisect', 'tune' or 'night'"
        ),
        *PIVOT,
    ),
    examples=(
        ("harness show latest", "the newest run"),
        ("harness show latest 20260529T", "two runs side by side"),
        ("harness show sweep --columns quant", "the latest sweep as a pivot"),
        ("harness show bisect", "the latest bisection, as far as it is"),
        ("harness show tune", "what the latest search for the best settings found"),
        ("harness show night", "the latest morning report of a nightly"),
    ),
    forms=FORMS,
)
