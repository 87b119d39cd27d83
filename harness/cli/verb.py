"""The verbs: what each does, who carries it out, and the arguments that no setting is."""

import argparse
from collections.abc import Callable, Mapping
from typing import NamedTuple

from harness.cli.argument import (
    FILTERS,
    add_ab,
    add_cache,
    add_compare,
    add_explain,
    add_export,
    add_import,
    add_models,
    add_report,
    add_run,
    add_runs,
    add_show,
    add_sweep,
    add_tune,
)
from harness.commands.ab import ab
from harness.commands.build import build
from harness.commands.cache import Asked as CacheAsked
from harness.commands.cache import cache
from harness.commands.calibrate import calibrate
from harness.commands.compare import Compared, compare
from harness.commands.doctor import doctor
from harness.commands.explain import explain
from harness.commands.exporting import export_runs
from harness.commands.importing import import_reports
from harness.commands.list import Filters, runs
from harness.commands.models import models
from harness.commands.output import Output
from harness.commands.report import report
from harness.commands.roofline import roof
from harness.commands.run import run
from harness.commands.schema import schema
from harness.commands.show import show
from harness.commands.sweep import Asked, sweep
from harness.commands.tune import Wanted, tune
from harness.commands.unfinished import unfinished
from harness.errors import UsageError
from harness.judge.context import GROUPS
from harness.settings.layer import Settings


class Call(NamedTuple):
    """A verb as it was called."""

    arguments: argparse.Namespace
    settings: Settings
    environ: Mapping[str, str]
    output: Output


class Verb(NamedTuple):
    """What a verb does, how it is carried out, and the arguments that no setting is."""

    summary: str
    call: Callable[[Call], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda _: None


def _run(call: Call) -> int:
    return run(call.settings, call.environ, call.output, resume=call.arguments.resume)


def _ab(call: Call) -> int:
    arguments = call.arguments
    return ab(call.settings, call.environ, call.output, arguments.sides, plant=arguments.plant)


def _sweep(call: Call) -> int:
    arguments = call.arguments
    asked = Asked(
        file=arguments.file,
        axes=tuple(arguments.axis),
        resume=arguments.resume,
        show=arguments.show,
        rows=arguments.rows,
        columns=arguments.columns,
        value=arguments.value,
        csv=arguments.csv,
    )
    return sweep(call.settings, call.environ, call.output, asked)


def _tune(call: Call) -> int:
    wanted = Wanted(goal=call.arguments.goal, write=not call.arguments.no_write)
    return tune(call.settings, call.environ, call.output, wanted)


def _calibrate(call: Call) -> int:
    return calibrate(call.settings, call.environ, call.output)


def _build(call: Call) -> int:
    return build(call.settings, call.environ, call.output)


def _models(call: Call) -> int:
    return models(call.settings, call.environ, call.output, names=call.arguments.names)


def _runs(call: Call) -> int:
    if call.arguments.unfinished:
        return unfinished(call.settings, call.output, call.arguments.remove)
    if call.arguments.remove:
        raise UsageError("--remove is for unfinished runs", hint="harness runs --unfinished --remove ID")
    wanted = Filters(**{name: getattr(call.arguments, f"only_{name}") for name in FILTERS})
    return runs(call.settings, call.output, wanted, limit=0 if call.arguments.all else call.arguments.limit)


def _show(call: Call) -> int:
    return show(call.settings, call.output, call.arguments.runs)


def _report(call: Call) -> int:
    return report(
        call.settings, call.output, call.arguments.runs, name=call.arguments.format, target=call.arguments.output
    )


def _import(call: Call) -> int:
    return import_reports(call.settings, call.output, paths=call.arguments.paths, node=call.arguments.from_node)


def _export(call: Call) -> int:
    words, layout, folder = call.arguments.runs, call.arguments.layout, call.arguments.output or ""
    return export_runs(call.settings, call.output, words=words, layout=layout, folder=folder)


def _compare(call: Call) -> int:
    arguments = call.arguments
    named, flags = arguments.sides, (arguments.baseline, arguments.contender)
    if len(named) != (0 if any(flags) else 2) or (any(flags) and not all(flags)):
        raise UsageError("two sides are needed", hint="harness compare BASELINE CONTENDER, or name both with flags")
    baseline, contender = flags if any(flags) else ([named[0]], [named[1]])
    across = [word for words in arguments.across for word in words.split(",")]
    asked = Compared(
        baseline=tuple(baseline),
        contender=tuple(contender),
        across=tuple(GROUPS if arguments.force else across),
        markdown=arguments.markdown,
        full=call.settings.flag("verbose"),
    )
    return compare(call.settings, call.output, asked)


def _roof(call: Call) -> int:
    return roof(call.settings, call.environ, call.output)


def _doctor(call: Call) -> int:
    return doctor(call.settings, call.environ, call.output)


def _cache(call: Call) -> int:
    arguments = call.arguments
    if not arguments.action and (arguments.older or arguments.keep or arguments.kind or arguments.yes):
        raise UsageError("--older, --keep, --kind and --yes go with `prune`", hint="harness cache prune --older 30d")
    asked = CacheAsked(
        prune=bool(arguments.action),
        older=arguments.older,
        keep=arguments.keep,
        kinds=tuple(word for words in arguments.kind for word in words.split(",")),
        yes=arguments.yes,
    )
    return cache(call.settings, call.output, asked)


def _explain(call: Call) -> int:
    return explain(call.output, call.arguments.codes)


def _schema(call: Call) -> int:
    return schema(call.output)


VERBS: dict[str, Verb] = {
    "run": Verb("get the sources, build, test and benchmark them, and write the report", _run, add_run),
    "ab": Verb("measure two things live, in turns, and say which is faster: harness ab v1.8.4 v1.8.5", _ab, add_ab),
    "sweep": Verb(
        "measure many settings side by side: harness sweep --threads 1,2 --quant f16,q5_0", _sweep, add_sweep
    ),
    "tune": Verb("find the best settings for a model on this node: harness tune --model base", _tune, add_tune),
    "calibrate": Verb("measure a build against itself: what this node can tell, and how soon", _calibrate),
    "build": Verb("build a source and say where the result is", _build),
    "models": Verb("list the models, or make their weights ready (harness models base small)", _models, add_models),
    "runs": Verb("list the runs in the results folder", _runs, add_runs),
    "show": Verb("print runs, caveats first: harness show latest", _show, add_show),
    "report": Verb("write runs in another format: harness report latest -o runs.csv", _report, add_report),
    "import": Verb("take reports of ggml-ci, pasted tables and logs into the results", _import, add_import),
    "export": Verb("write runs as a results tree of ggml-ci", _export, add_export),
    "compare": Verb("say whether stored runs differ: harness compare commit=v1.8.4 latest", _compare, add_compare),
    "roof": Verb("measure what this node can do at best: arithmetic, and reading and copying memory", _roof),
    "doctor": Verb("say whether this node is fit to measure on now, and what would make it so", _doctor),
    "cache": Verb("list what lies in the cache folder, or make room there: harness cache prune", _cache, add_cache),
    "explain": Verb("say what a code in brackets behind a caveat means: harness explain noisy", _explain, add_explain),
    "schema": Verb("print the JSON Schema of run.json", _schema),
}
