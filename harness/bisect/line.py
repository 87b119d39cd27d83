"""From the two words of a bisection to the commits between them: in which repository they are, and what they name."""

import shlex
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError
from harness.plan.side import PATHS
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.source import Commit, Source
from harness.run.places import Workplace
from harness.settings.request import BisectRequest
from harness.system.disk import expand_home
from harness.system.source.checkout import Checkout, find_checkout
from harness.system.source.history import list_line
from harness.system.source.resolve import load_pins
from harness.system.source.tree import probe_tree

_EXAMPLE = "harness bisect v1.8.4 v1.8.5"
_CHANGES = "the uncommitted changes"


class _Ends(NamedTuple):
    """Both ends as refs of one repository, and the local tree behind them if that has changes of its own."""

    repo: str
    good: str
    bad: str
    tree: Source | None = None


def find_line(request: BisectRequest, work: Workplace) -> tuple[BisectRequest, CommitLine]:
    """Return the commits between the two ends of a request, and the request with the repository that they are in.

    Nothing is built, and no contents of files are fetched.

    Unless a repository is named, refs are those of the checkout that the second word names, else of the one around the
    current folder, else upstream's. A checkout with uncommitted changes ends the line with them. Raises UsageError for
    words that name nothing, and for ends that have nothing between them.
    """
    ends = _find_ends(request, work)
    cache, environ, note = work.places.cache, work.environ, work.console.note
    line = list_line(ends.repo, (ends.good, ends.bad), cache=cache, environ=environ, note=note)
    if not line.commits and ends.tree is None:
        cause = f"both are {line.good.short}"
        raise UsageError("there is nothing between the two: they are the same commit", cause=cause, hint=_EXAMPLE)
    if ends.tree is not None:
        line = line.replace(commits=(*line.commits, _describe_changes(ends.tree)), tree=ends.tree.path)
    return request.replace(run=request.run.replace(source=request.run.source.replace(repo=ends.repo))), line


def _describe_changes(tree: Source) -> LineCommit:
    commit = tree.commit
    return LineCommit(commit=Commit(sha=commit.sha, changes=commit.changes, message=f"{_CHANGES} in {tree.path}"))


def _find_ends(request: BisectRequest, work: Workplace) -> _Ends:
    good, bad = request.words
    repo = request.run.source.repo
    if _is_path(good):
        raise UsageError(f"{good!r} is not a commit", cause="a search begins with a commit", hint=_EXAMPLE)
    checkout = _find_checkout(bad, repo, work)
    if repo or checkout is None:
        if not bad:
            cause = (
                "--repo names no commits" if repo else "there is no checkout of whisper.cpp around the current folder"
            )
            raise UsageError("the commit with the change is missing", cause=cause, hint=_EXAMPLE)
        return _Ends(repo or load_pins().repo, good, bad)
    where = checkout.top
    first = _find_commit(checkout, good, work)
    if bad and not _is_path(bad):
        last = _find_commit(checkout, bad, work)
        return _Ends(checkout.locate(last), first, last)
    tree = probe_tree(where, environ=work.environ, note=work.console.note, ours=request.run.source.ours)
    sha = tree.commit.sha
    state = f"{tree.commit.short}, with uncommitted changes" if tree.commit.dirty else tree.commit.short
    work.console.note(f"BAD is {where} as it is now: {state}")
    return _Ends(checkout.locate(sha), first, sha, tree if tree.commit.dirty else None)


def _find_checkout(bad: str, repo: str, work: Workplace) -> Checkout | None:
    """Return the checkout whose commits are searched; raises UsageError for a folder that is not in one."""
    if _is_path(bad):
        found = find_checkout(expand_home(bad), work.environ)
        if repo:
            raise UsageError(
                f"--repo cannot be combined with the folder {bad}", hint="leave out --repo, or name a commit of it"
            )
        if found is None:
            raise UsageError(f"{bad} is not in a checkout of whisper.cpp", hint=_EXAMPLE)
        return found
    return None if repo else find_checkout(Path(), work.environ)


def _find_commit(checkout: Checkout, ref: str, work: Workplace) -> str:
    """Return the sha that a ref names in a checkout; raises UsageError if it names none."""
    found = checkout.find_commit(ref)
    if found is None:
        checkout.require_elsewhere(ref, alone=True)
        like = ", ".join(checkout.find_like(ref))
        raise UsageError(
            f"{checkout.top} has no commit {ref!r}",
            cause=f"similar names: {like}" if like else "",
            hint=f"git -C {shlex.quote(str(checkout.top))} fetch --tags  # or --repo {load_pins().repo}, to search in "
            "the commits of upstream",
        )
    if found.sha != ref:
        work.console.note(f"{ref} is {found.sha[:8]}, found in {checkout.top}")
    return found.sha


def _is_path(word: str) -> bool:
    return word.startswith(PATHS)
