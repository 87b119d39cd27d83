"""Where the source and the weights of a recorded run are found again, on this computer or on another one."""

import re
from collections.abc import Sequence

from harness.records.run import Run
from harness.records.share import NOWHERE, SHARED
from harness.records.source import SourceRequest
from harness.records.weights import Weights, WeightsKind
from harness.settings.weights_sum import WeightsSum

# So many digits of a commit, and of the sum of a file; no two agree in them by chance.
COMMIT_DIGITS = 12
_SUM_DIGITS = 16
# The repository that a ref is taken from where none is named.
_UPSTREAM = re.compile(r"(?:https?://|git@|ssh://git@)github\.com[:/](?:ggml-org|ggerganov)/whisper\.cpp(?:\.git)?/?")


def is_upstream(repo: str) -> bool:
    """Return whether a URL is that of whisper.cpp's own repository, today's or the one before."""
    return _UPSTREAM.fullmatch(repo) is not None


def is_withheld(run: Run) -> bool:
    """Return whether the repository of a run is not named, because the run was shared without it."""
    repo = run.source.commit.repo or (run.source.path if run.source.mutable else "")
    return NOWHERE in repo or repo.startswith(f"{SHARED}/")


def find_origin(run: Run) -> SourceRequest:
    """Return where the commit of a run comes from: a ref, and a repository where it is not upstream's.

    A commit of a tree whose repository nobody else has is taken from that tree, and what has no commit is the tree
    itself. All of it is empty where the record does not say.
    """
    commit, given = run.source.commit, {one.name: one.value for one in run.settings}
    ref = commit.sha[:COMMIT_DIGITS] or ("" if run.source.mutable else commit.release)
    if not ref:
        return SourceRequest(tree=run.source.path if run.source.mutable else "")
    repo = commit.repo if run.source.mutable else given.get("repo", "")
    if run.source.mutable and not repo:
        repo = run.source.path
    return SourceRequest(ref=ref, repo="" if is_upstream(repo) or is_withheld(run) else repo)


def name_weights(weights: Sequence[Weights]) -> str:
    """Return the weights of a run by what they are; a path only where no sum is known, empty where there are none."""
    kinds = {one.kind for one in weights}
    if len(kinds) == 1 and kinds <= {WeightsKind.OFFICIAL, WeightsKind.SYNTHETIC}:
        return str(kinds.pop().value)
    sums = tuple(one.sha256[:_SUM_DIGITS] for one in weights if one.sha256 and not one.parent)
    if sums:
        return str(WeightsSum(sums=sums))
    return next((one.parent for one in weights if one.parent), "")
