"""Stored bisections that somebody has edited."""

import pytest

from harness.judge.bisect_check import find_bisection_flaw
from harness.records.bisection import BisectTrial, BuiltCommit, StoredBisection
from harness.records.trial import TrialPurpose
from tests.unit.bisect.test_bisect_loop import BAD, GOOD, begin

RUNS = ("20260101T000000Z-aaaaaaaa-00000001", "20260101T000000Z-bbbbbbbb-00000001")
WHOLE = begin().replace(
    built=(BuiltCommit(commit=BAD),),
    trials=(BisectTrial(purpose=TrialPurpose.ENDS, baseline=GOOD, contender=BAD, runs=RUNS),),
)
LINE, (TRIAL,) = WHOLE.line, WHOLE.trials
LAST = LINE.commits[-1]
CHANGED = LAST.replace(commit=LAST.commit.replace(changes="c" * 64))


def test_what_the_harness_wrote_has_no_flaw() -> None:
    assert find_bisection_flaw(WHOLE) == ""
    uncommitted = LINE.replace(commits=(*LINE.commits, CHANGED), tree="/tree")
    assert find_bisection_flaw(WHOLE.replace(line=uncommitted)) == ""


@pytest.mark.parametrize(
    ("edited", "flaw"),
    [
        (WHOLE.replace(node=".."), "'..' is not the name of a folder"),
        (WHOLE.replace(id="../x"), "'../x' is not the name of a run"),
        (WHOLE.replace(trials=(TRIAL.replace(runs=("../../a", "b")),)), "'../../a' is not the name of a run"),
        (WHOLE.replace(threshold=-1.0), "its threshold is -1.0, with 1 pairs"),
        (WHOLE.replace(pairs=0), "its threshold is 0.02, with 0 pairs"),
        (WHOLE.replace(line=LINE.replace(commits=())), "it has no commits"),
        (WHOLE.replace(line=LINE.replace(good=LINE.good.replace(sha="--all"))), "'--all' is not a commit"),
        (WHOLE.replace(line=LINE.replace(tree="/tree")), "uncommitted changes are not its last step"),
        (WHOLE.replace(line=LINE.replace(commits=(CHANGED, LAST))), "uncommitted changes are not its last step"),
        (WHOLE.replace(line=LINE.replace(commits=(LAST, LAST))), "it has a commit twice"),
        (WHOLE.replace(trials=(TRIAL.replace(baseline="x"),)), "'x' is not one of its commits"),
        (WHOLE.replace(built=(BuiltCommit(commit="y"),)), "'y' is not one of its commits"),
    ],
)
def test_what_was_edited_is_named(edited: StoredBisection, flaw: str) -> None:
    assert find_bisection_flaw(edited) == flaw
