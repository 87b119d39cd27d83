"""What people want to know about a bisection that has ended, from what it measured."""

import math
import shlex
from collections.abc import Iterable, Sequence

from harness.judge.comparison import CompareQuestion, judge_trials
from harness.plan.bisect import weigh_line
from harness.plan.commit_line import Line
from harness.records.bisection import (
    NAME_OF_GOOD,
    Bisection,
    BisectReport,
    BisectVerdict,
    Culprit,
    LineSearch,
    StoredBisection,
    Visit,
)
from harness.records.caveat import Caveat, CaveatCode
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.comparison import Comparison, Verdict
from harness.records.measurement import TABLE_METRICS
from harness.records.run import Run
from harness.records.trial import TrialPurpose
from harness.settings.provenance import COMMIT_DIGITS, is_upstream, name_weights
from harness.settings.recall import spell_options
from harness.settings.remark import remark_paths
from harness.stats.evidence import PairedEvidence

# A sealed trial: what it was measured for, and its runs, baseline first.
MeasuredTrial = tuple[TrialPurpose, tuple[Run, Run]]
# The search itself stops a trial, and how much blocks scatter is in the interval of the answer.
_SAID_OTHERWISE = frozenset({CaveatCode.STOPPED, CaveatCode.NOISY})


def make_report(
    stored: StoredBisection,
    found: tuple[LineSearch, Line, Bisection],
    trials: Sequence[MeasuredTrial],
) -> BisectReport:
    """Return the answer of a search with its surroundings; `trials` are those that were sealed, by purpose."""
    search, line, answer = found
    change = weigh_line(search)
    chances = change.chances[1:] if change else ()
    reasons = {one.commit: one for one in stored.built if one.reason}
    return BisectReport(
        **{name: getattr(answer, name) for name in answer.__struct_fields__},
        id=stored.id,
        node=stored.node,
        line=stored.line.ends,
        repo=stored.line.repo,
        case=stored.case,
        metric=stored.metric,
        threshold=stored.threshold,
        commits=len(stored.line.commits),
        passed=line.passed,
        equal=line.equal,
        chances=chances,
        visits=tuple(_list_visits(search, line, chances)),
        named=_list_named(stored.line, answer),
        unbuildable=tuple(reasons.values()),
        others=tuple(_find_others(stored, [runs for purpose, runs in trials if purpose is TrialPurpose.ENDS])),
        commands=tuple(_list_commands(stored, answer, _name_weights(trials))),
        caveats=_list_caveats(trials),
        runs=tuple(dict.fromkeys(name for trial in stored.trials for name in trial.runs)),
        candidates=tuple(one.commit for one in search.candidates),
    )


def _list_visits(search: LineSearch, line: Line, chances: Sequence[float]) -> Iterable[Visit]:
    for place in sorted({block.contender for block in search.blocks if not block.baseline}):
        blocks = [one for one in search.blocks if (one.baseline, one.contender) == (0, place)]
        evidence = PairedEvidence([one.pairs for one in blocks], [one.start for one in blocks])
        yield Visit(
            place=place,
            commit=line.measured[place],
            blocks=len(blocks),
            change=math.expm1(evidence.centre),
            chance=math.fsum(chances[:place]),
        )


def _list_named(line: CommitLine, answer: Bisection) -> tuple[LineCommit, ...]:
    suspects = [*answer.suspects, *(one for culprit in answer.culprits for one in culprit.suspects)]
    keys = dict.fromkeys(key for one in suspects for key in (one.commit, *one.merged))
    known = line.index()
    return tuple(known[key] for key in keys)


def _list_caveats(trials: Sequence[MeasuredTrial]) -> tuple[Caveat, ...]:
    """Return what one must know about the trials that the answer rests on, each once."""
    runs = [run for purpose, pair in trials if purpose is not TrialPurpose.SEARCH for run in pair]
    found = dict.fromkeys(caveat for run in runs for caveat in run.caveats if caveat.code not in _SAID_OTHERWISE)
    return tuple(found)


def _find_others(stored: StoredBisection, pairs: Sequence[tuple[Run, Run]]) -> Iterable[Comparison]:
    """Yield the metrics that were not asked for, in which both ends differ.

    Each is judged alone: together they would need more blocks than the metric that was asked for, which decides how
    many there are. Whoever goes after one of them compares the ends again.
    """
    names = [metric.name for metric in TABLE_METRICS if metric.name != stored.metric] if pairs else []
    for name in names:
        question = CompareQuestion(threshold=stored.threshold, metrics=frozenset({name}))
        for one in judge_trials(pairs, question).comparisons:
            if one.verdict in {Verdict.REGRESSED, Verdict.IMPROVED} and one.relevant:
                yield one


def _name_weights(trials: Sequence[MeasuredTrial]) -> str:
    return next((name for _, pair in trials for run in pair if (name := name_weights(run.weights))), "")


def _list_commands(stored: StoredBisection, answer: Bisection, weights: str) -> Iterable[str]:
    """Yield the commands that measure the final trials again, those of both ends where there are none, then the search.

    `weights` are those of the trials, by what they are. The search has its seed, and so the same random orders; what is
    to confirm it draws new ones.
    """
    line = stored.line
    sides = [_name_sides(line, culprit) for culprit in answer.culprits] or [line.ends]
    options = [
        *([] if is_upstream(line.repo) else ["--repo", line.repo]),
        *("--metric", stored.metric, "--threshold", f"{100 * stored.threshold:g}%"),
        *(["--relink"] if stored.relink else []),
        *spell_options(stored.settings, besides=("ref", "repo", "source", "seed", *(["weights"] if weights else []))),
        *(["--weights", weights] if weights else []),
    ]
    for keys in sides:
        yield remark_paths(shlex.join(["harness", "ab", *_name_ends(line, keys), *options]))
    seed = ["--seed", str(stored.seed), "--renew"]
    yield remark_paths(shlex.join(["harness", "bisect", *_name_ends(line, line.ends), *options, *seed]))
    if answer.verdict is BisectVerdict.UNRESOLVED:
        yield f"harness bisect --resume {stored.id}"
    for culprit in answer.culprits:
        shas = [one.commit for one in culprit.suspects if "+" not in one.commit]
        if shas and line.repo.startswith("/"):
            yield shlex.join(["git", "-C", line.repo, "show", *(sha[:12] for sha in shas)])


def _name_ends(line: CommitLine, keys: tuple[str, str]) -> list[str]:
    return [line.tree if "+" in key else key[:COMMIT_DIGITS] for key in keys]


def _name_sides(line: CommitLine, culprit: Culprit) -> tuple[str, str]:
    good, _ = line.ends
    return good if culprit.baseline == NAME_OF_GOOD else culprit.baseline, culprit.contender
