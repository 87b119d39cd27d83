"""Commands that measure again what a record holds, as far as the record knows how."""

import shlex
from collections.abc import Collection, Iterator, Sequence

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
    unlike = _find_unlike(runs)
    words = [",".join((_name_source(run), *_name_settings(run, unlike))) for run in runs]
    if not all(map(_name_source, runs)):
        return ""
    besides = ("ref", "source", "seed", *unlike)
    threshold = baseline.trial.threshold if baseline.trial else 0.0
    options = [
        *(("--threshold", f"{100 * threshold:g}%") if threshold else ()),
        *(("--relink",) if baseline.trial and baseline.trial.relinked else ()),
        *spell_options(contender.settings, besides=besides),
    ]
    return shlex.join(["harness", "ab", *words, *options])


def name_unlike(baseline: Run, contender: Run) -> tuple[str, str]:
    """Return the settings of each side that the other has differently, as words such as `fa=1`; empty without any."""
    runs = (baseline, contender)
    before, after = (" ".join(_name_settings(run, _find_unlike(runs))) for run in runs)
    return before, after


def _name_settings(run: Run, names: Collection[str]) -> Iterator[str]:
    """Yield those of the named settings that a run has, in the words of a side of a comparison."""
    given = {one.name: one.value for one in run.settings}
    return (f"{key}={given[name]}" for key, name in KEYS.items() if name in names and given.get(name))


def _find_unlike(runs: Sequence[Run]) -> set[str]:
    settings = [{one.name: one.value for one in run.settings} for run in runs]
    return {name for name in KEYS.values() if name not in ORIGINS and len({one.get(name, "") for one in settings}) > 1}


def _name_source(run: Run) -> str:
    commit = run.source.commit
    return run.source.path if run.source.mutable else commit.sha[:_DIGITS] or commit.release
