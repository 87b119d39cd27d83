"""Commands that measure again what a record holds, as far as the record knows how.

A command stands on one line and needs nothing of the computer that measured: it names a release or a commit, weights
by what they are, and the seed of random orders. What it cannot name so is said behind it, as a comment of the shell.
"""

import math
import re
import shlex
from collections.abc import Collection, Iterator, Sequence

from harness.plan.side import KEYS, ORIGINS
from harness.records.run import OURS, Run
from harness.records.sweep import Axis, Sweep
from harness.records.tune import Tuning
from harness.settings.provenance import COMMIT_DIGITS, find_origin, is_withheld, name_weights
from harness.settings.recall import spell_options, spell_run, spell_trial
from harness.settings.remark import SAME_SEED, add_remarks, list_paths
from harness.settings.value import name_option

# The commit in the id of a run; a tree without git has something else there.
_COMMIT = re.compile(r"[0-9]{8}T[0-9]{6}Z-([0-9a-f]{8})-")


def repeat_run(run: Run) -> str:
    """Return the line that measures the commit of a run in the same way; empty where that is not known.

    Of an imported run only commit, models, threads and flash attention are known.
    """
    commit = run.source.commit
    ref = commit.sha[:COMMIT_DIGITS] or commit.release
    if run.origin != OURS:
        return add_remarks(shlex.join(["harness", "run", "--ref", ref, *_name_cases(run)]), ()) if ref else ""
    words = [*_name_origin(run), *spell_run(run.settings, besides=("ref", "repo", "source", "weights"))]
    words += [*_name_weights(run), *(("--seed", str(run.suite.seed)) if run.suite.seed else ())]
    return add_remarks(shlex.join(["harness", "run", *words]), _list_remarks(words, [run]))


def repeat_trial(baseline: Run, contender: Run) -> str:
    """Return the line that measures two sides in turns again, in the same random orders; empty if not known.

    What the sides differ in is in their words, all else in options.
    """
    runs = (baseline, contender)
    unlike = _find_unlike(runs)
    sides = [",".join((_name_source(run), *_name_settings(run, unlike))) for run in runs]
    if not all(map(_name_source, runs)):
        return ""
    besides = ("ref", "source", "seed", *unlike, *(() if "weights" in unlike else ("weights",)))
    trial = baseline.trial
    options = [
        *(("--threshold", f"{100 * trial.threshold:g}%") if trial and trial.threshold else ()),
        *(("--relink",) if trial and trial.relinked else ()),
        *spell_trial(contender.settings, besides=besides),
        *(() if "weights" in unlike else _name_weights(contender)),
        *(("--seed", str(trial.seed)) if trial and trial.seed else ()),
    ]
    fresh = [SAME_SEED] if trial and trial.seed else []
    remarks = [*_list_remarks([*sides, *options], runs), *fresh]
    return add_remarks(shlex.join(["harness", "ab", *sides, *options]), remarks)


def repeat_sweep(sweep: Sweep) -> str:
    """Return the line that measures a sweep again, in the same random orders; empty where its settings are not known.

    Its runs name the commit. Combinations that were excluded cannot be said on a line, and are measured as well.
    """
    if not sweep.settings:
        return ""
    given = {one.name: one.value for one in sweep.settings}
    tree = given.get("source", "")
    commits = [found[1] for entry in sweep.entries if (found := _COMMIT.match(entry.run))]
    ref = [] if tree or not commits else ["--ref", commits[0]]
    words = [
        *(["--source", tree] if tree else ref),
        *spell_options(sweep.settings, besides=("ref", "source", "seed")),
        *(word for axis in sweep.axes if name_option(axis.name) for word in _name_axis(axis)),
        *("--seed", str(sweep.seed)),
    ]
    full = math.prod(len(axis.values) for axis in sweep.axes)
    excluded = ["with the combinations that were excluded"] if len(sweep.cells) < full else []
    return add_remarks(shlex.join(["harness", "sweep", *words]), [*_list_remarks(words, []), *excluded])


def repeat_tuning(tuning: Tuning) -> str:
    """Return the line that searches again for the best settings; only its runs name the commit."""
    minutes = ["--budget", f"{math.ceil(tuning.budget_s / 60)}m"] if tuning.budget_s else []
    guard, wer = tuning.guard, tuning.guard.max_wer
    limits = [
        *(["--max-wer", f"{round(100 * wer, 6):g}%"] if wer is not None else []),
        *(["--max-divergence", f"{guard.max_divergence:g}"] if guard.max_divergence is not None else []),
    ]
    # The values of all axes are those that the search began with.
    begun = spell_options(tuning.settings, besides=("model", "ref", "source", "seed"))
    words = ["harness", "tune", "--for", tuning.goal, "--model", tuning.model, *minutes, *limits, *begun]
    commits = [found[1] for run in tuning.runs if (found := _COMMIT.match(run))]
    tree = next((one.value for one in tuning.settings if one.name == "source" and one.value), "")
    origin = ["--source", tree] if tree else ["--ref", commits[0]] if commits else []
    words = [*words, *origin]
    return add_remarks(shlex.join(words), list_paths(words))


def _name_axis(axis: Axis) -> tuple[str, str]:
    return "--axis", f"{axis.name}={','.join(axis.values)}"


def name_unlike(baseline: Run, contender: Run) -> tuple[str, str]:
    """Return the settings of each side that the other has differently, as words such as `fa=1`; empty without any."""
    runs = (baseline, contender)
    before, after = (" ".join(_name_settings(run, _find_unlike(runs))) for run in runs)
    return before, after


def _list_remarks(words: Sequence[str], runs: Sequence[Run]) -> Iterator[str]:
    """Yield what another computer cannot do as the words say it."""
    for run in runs:
        commit = run.source.commit
        if is_withheld(run):
            yield "the repository of the commit is not shared: --repo names it, if it is not upstream's"
        if commit.dirty and commit.sha:
            named = f"{commit.sha[:COMMIT_DIGITS]}, digest {commit.changes[:COMMIT_DIGITS]}"
            yield f"it was a tree with uncommitted changes on {named}: they are not in it"
        elif commit.dirty:
            yield f"a tree without git, digest {commit.changes[:COMMIT_DIGITS]}: it is on the computer that measured"
    yield from list_paths(words)


def _name_origin(run: Run) -> Iterator[str]:
    origin = find_origin(run)
    for option, value in (("--source", origin.tree), ("--repo", origin.repo), ("--ref", origin.ref)):
        if value:
            yield from (option, value)


def _name_weights(run: Run) -> tuple[str, ...]:
    name = name_weights(run.weights)
    return ("--weights", name) if name else ()


def _name_cases(run: Run) -> Iterator[str]:
    """Yield the options for what a record of others says of its cases."""
    suite = run.suite
    for option, values in (("--model", suite.models), ("--threads", suite.threads), ("--fa", suite.flash_attn)):
        if values:
            yield from (option, ",".join(map(str, values)))


def _name_settings(run: Run, names: Collection[str]) -> Iterator[str]:
    """Yield those of the named settings that a run has, in the words of a side of a comparison."""
    given = {one.name: one.value for one in run.settings}
    return (f"{key}={given[name]}" for key, name in KEYS.items() if name in names and given.get(name))


def _find_unlike(runs: Sequence[Run]) -> set[str]:
    settings = [{one.name: one.value for one in run.settings} for run in runs]
    return {name for name in KEYS.values() if name not in ORIGINS and len({one.get(name, "") for one in settings}) > 1}


def _name_source(run: Run) -> str:
    commit = run.source.commit
    return run.source.path if run.source.mutable else commit.sha[:COMMIT_DIGITS] or commit.release
