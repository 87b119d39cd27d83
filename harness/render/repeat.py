"""Commands that measure again what a record holds, as far as the record knows how."""

import shlex
from collections.abc import Iterator, Mapping

from harness.plan.side import KEYS, ORIGINS
from harness.records.run import OURS, Run
from harness.settings.recall import spell_options, spell_run

_DIGITS = 12


def repeat_run(run: Run) -> str:
    """Return the command that measures the commit of a run in the same way; empty where that is not known.

    Of an imported run only the commit is known.
    """
    commit = run.source.commit
    ref = commit.sha[:_DIGITS] or commit.release
    if run.origin != OURS:
        return shlex.join(["harness", "run", "--ref", ref]) if ref else ""
    if run.source.mutable:
        return shlex.join(["harness", "run", *spell_run(run.settings, besides=("ref", "repo"))])
    named = ("--ref", ref) if ref else ()
    return shlex.join(["harness", "run", *named, *spell_run(run.settings, besides=("ref", "source"))])


def repeat_trial(baseline: Run, contender: Run) -> str:
    """Return the command that measures two sides in turns again, with new random orders; empty if not known.

    What the sides differ in is in their words, all else in options.
    """
    runs = (baseline, contender)
    settings = [{one.name: one.value for one in run.settings} for run in runs]
    unlike = {
        name for name in KEYS.values() if name not in ORIGINS and len({one.get(name, "") for one in settings}) > 1
    }
    words = [",".join(_name_side(run, given, unlike)) for run, given in zip(runs, settings, strict=True)]
    if not all(words):
        return ""
    besides = ("ref", "source", "seed", *unlike)
    threshold = baseline.trial.threshold if baseline.trial else 0.0
    options = [
        *(("--threshold", f"{100 * threshold:g}%") if threshold else ()),
        *(("--relink",) if baseline.trial and baseline.trial.relinked else ()),
        *spell_options(contender.settings, besides=besides),
    ]
    return shlex.join(["harness", "ab", *words, *options])


def _name_side(run: Run, given: Mapping[str, str], unlike: set[str]) -> Iterator[str]:
    commit = run.source.commit
    yield run.source.path if run.source.mutable else commit.sha[:_DIGITS] or commit.release
    yield from (f"{key}={given[name]}" for key, name in KEYS.items() if name in unlike and given.get(name))
