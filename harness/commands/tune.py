"""`harness tune`: find the best settings for one model on this node, within a time budget."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness.commands.output import Output
from harness.commands.request.place import open_workplace
from harness.commands.request.tune import SearchRequest, resolve_search
from harness.commands.verb import Argument, ArgumentKind, Verb
from harness.errors import HarnessError, InterruptedRunError
from harness.plan.guard import choose_reference_values, list_remarks
from harness.plan.side import KEYS
from harness.plan.tune import UNITS, choose_others, decide, find_gain, find_median, find_score
from harness.records.exit_code import ExitCode
from harness.records.plan import Plan
from harness.records.record import Record, short_hash
from harness.records.run import Run
from harness.records.sweep import Values
from harness.records.tune import Duel, Goal, Tuning
from harness.render.origin import describe_seed
from harness.render.text_quality import list_limits
from harness.render.tune import render_tuning
from harness.run.places import Workplace, hold_node
from harness.run.prepare import mark_builds
from harness.run.recovery import settle_unfinished
from harness.search.design import SearchDesign
from harness.search.search import Search
from harness.settings.layer import Settings
from harness.settings.name import FILE
from harness.settings.request import RunRequest
from harness.store.tuning_file import save_tuning
from harness.store.unfinished import describe_kept
from harness.sweep.design import prepare_entry
from harness.system.limit import explain_stop
from harness.system.toml_file import change_toml, read_toml
from harness.trial.setup import Setup, make_setup
from harness.whisper.quantisation import name_quantised


class TuneWords(Record):
    """The command line without the settings."""

    goal: str
    write: bool = True


class SearchResult(NamedTuple):
    """A search that has ended: what it found, how sure that is, what won and why, and the runs that it took."""

    search: Search
    found: Values
    duels: tuple[Duel, ...]
    winner: Values
    why: str
    runs: list[Run]


def tune(settings: Settings, environ: Mapping[str, str], output: Output, words: TuneWords) -> int:
    """Search for the best settings, print them and write them to harness.toml; return the exit code."""
    work = open_workplace(settings, environ, output.console)
    request = resolve_search(settings, work, words.goal)
    suite = request.measure.suite
    seed = describe_seed(suite.seed, request.used)
    if words.write:
        read_toml(Path(FILE), required=False)  # fail now if it is unreadable, not after a quarter of an hour
    if request.dry:
        output.show(f"{_describe_axes(request)}\n  {'seed':<9} {seed}", suite)
        return 0
    setup = make_setup(request.measure, work)
    begun = datetime.now(UTC)
    name = f"{begun:%Y%m%dT%H%M%SZ}-tune-{short_hash(suite, request.axes, length=8)}"
    with hold_node(work):
        settle_unfinished(work.places, request.node.name, work.console)
        result = _search(request, name, setup, work)
    tuning = _conclude(request, name, begun, result)
    if tuning is None:
        return _explain_nothing(result, output)
    text = render_tuning(tuning, width=output.width, plain=not output.is_unicode)
    output.show(f"{text}\n  seed     {seed}", tuning)
    save_tuning(work.places.results, tuning)
    if words.write:
        settings_found = _as_settings(tuning.model, tuning.winner)
        change_toml(Path(FILE), settings_found, f"harness tune --for {tuning.goal}, {begun:%Y-%m-%d}")
        output.console.note(f"  written to {FILE}: harness run now uses these settings")
    return 0


def _search(request: SearchRequest, name: str, setup: Setup, work: Workplace) -> SearchResult:
    """Return what a search has come to, its duels included; the caller holds the node's lock."""

    def prepare(binary: Values) -> tuple[Run, Plan]:
        run = request.runs[binary]
        if not isinstance(run, RunRequest):
            raise run
        label = " ".join(f"{key}={value}" for key, value in binary)
        lenient = request.guard.max_wer is None
        state, plan = prepare_entry(run, work, setup, label=label, lenient=lenient)
        mark_builds(plan, state, work.places.cache)
        return state, plan

    seed = request.measure.suite.seed
    design = SearchDesign(
        id=name,
        goal=request.goal,
        model=request.model,
        budget_s=request.budget_s,
        seed=seed,
        start=request.base,
        guard=request.guard,
        named=request.named,
    )
    search = Search(design, prepare, work, setup.monitor)
    with _naming_kept_runs(search, work.places.results):
        found = search.go(request.axes)
        others = choose_others(search.stages, found, request.base)
        duels = search.duel(found, [one for one in others if not search.texts.find_excess(one[1])])
        winner, why = decide(found, request.base, duels)
        if any(stage.winner is not None for stage in search.stages):
            search.texts.compare(winner)
    return SearchResult(search, found, duels, winner, why, search.conclude())


def _conclude(request: SearchRequest, name: str, begun: datetime, result: SearchResult) -> Tuning | None:
    """Return the record of a search; None where nothing could be measured."""
    search, found, duels, winner = result.search, result.found, result.duels, result.winner
    texts, reference = search.texts, search.texts.recall(choose_reference_values(request.base))
    score, rounds = find_median(winner, found, duels) or (find_score(search.stages, winner), 0)
    if score is None:
        return None
    return Tuning(
        id=name,
        node=request.node.name,
        model=request.model,
        goal=request.goal,
        unit=UNITS[request.goal],
        start=begun.isoformat(timespec="seconds"),
        budget_s=request.budget_s,
        spent_s=round(search.spent_s, 1),
        stages=search.stages,
        found=found,
        winner=winner,
        why=result.why,
        score=score,
        rounds=rounds,
        duels=duels,
        runs=tuple(run.id for run in result.runs),
        cmake=_spell_cmake(search.find_run(winner)),
        cli=_spell_cli(request.model, winner),
        gain=find_gain(winner, found, request.base, duels),
        guard=request.guard,
        text=texts.recall(winner),
        reference_text=reference,
        remarks=tuple(list_remarks(texts.blindness, request.guard, reference, texts.looked)),
        settings=request.kept,
    )


def _explain_nothing(result: SearchResult, output: Output) -> int:
    """Say why nothing could be measured, and return the exit code."""
    stages = result.search.stages
    tried = [one.reason for stage in stages for one in stage.tried]
    reasons = [reason for reason in (*tried, *(stage.reason for stage in stages)) if reason]
    output.show_failure(f"nothing could be measured: {reasons[0] if reasons else 'there was no axis to try'}", None)
    return int(min((run.exit_code for run in result.runs if run.exit_code), default=ExitCode.BENCHMARK_FAILED))


@contextlib.contextmanager
def _naming_kept_runs(search: Search, results: Path) -> Iterator[None]:
    """Make an error that stops a search say what was kept."""
    try:
        yield
    except KeyboardInterrupt:
        kept = describe_kept(search.bundles)
        search.conclude()
        raise InterruptedRunError(f"interrupted; {kept}", hint="harness list") from None
    except (HarnessError, OSError, MemoryError) as error:
        raise explain_stop("search", error, describe_kept(search.bundles), "harness tune", results) from None


def _spell_cmake(run: Run) -> str:
    """Return the command that configures the winning binary by hand."""
    options = [option for option in run.config.options if option.name == "CMAKE_BUILD_TYPE" or _is_ggml(option.name)]
    return f"cmake -G Ninja -S whisper.cpp -B build {' '.join(map(str, options))}"


def _is_ggml(name: str) -> bool:
    return name.startswith("GGML_") and name != "GGML_CCACHE"


def _spell_cli(model: str, winner: Values) -> str:
    values = dict(winner)
    file = f"ggml-{name_quantised(model, values['quant'])}.bin"
    fa = "-fa" if values["fa"] == "1" else "-nfa"
    return f"build/bin/whisper-cli -m models/{file} -t {values['threads']} {fa} -f audio.wav"


def _as_settings(model: str, winner: Values) -> dict[str, object]:
    """Return the winner as keys of harness.toml."""
    values: dict[str, object] = {KEYS[name]: value for name, value in winner}
    return {
        "model": [model],
        **values,
        "threads": [str(values["threads"])],
        "flash_attn": [str(values["flash_attn"])],
        "quant": [str(values["quant"])],
    }


def _describe_axes(request: SearchRequest) -> str:
    limits = ", ".join(f"{name} at most {limit}" for name, limit in list_limits(request.guard))
    lines = [f"from    {' '.join(f'{name}={value}' for name, value in request.base)}"]
    lines += [f"  {axis.name:<9} {axis.reason or ', '.join(axis.values)}" for axis in request.axes]
    return "\n".join([*lines, *([f"  {'text':<9} {limits}"] if limits else [])])


VERB = Verb(
    name="tune",
    call=lambda call: tune(
        call.settings, call.environ, call.output, TuneWords(goal=call.text("for"), write=call.flag("write"))
    ),
    arguments=(
        Argument(
            name="--for",
            metavar="GOAL",
            default=Goal.LATENCY,
            choices=tuple(Goal),
            help="what to optimise: latency (default), throughput or memory",
        ),
        Argument(name="--write", takes=ArgumentKind.SWITCH, on=True, help="do not write the winner to ./harness.toml"),
    ),
    first=("model", "budget", "over", "max_wer", "max_divergence", "source", "ref", "dry_run"),
    examples=(
        ("harness tune --model base --budget 15m", "latency, in 15 minutes"),
        ("harness tune --for memory --no-write", "least memory, print only"),
        ("harness tune --over threads,fa", "only two settings"),
        ("harness tune --max-wer 0.5% --weights official", "no more than half a point of word errors"),
    ),
)
