"""The line of commits between two refs of a repository, with the files that each changes relative to the one before.

It is read from the harness's own clone, which has no contents of files and needs none for this.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import UnavailableError, UsageError
from harness.records.commit_line import CommitLine, LineCommit
from harness.records.source import Commit
from harness.system.cache.entry import Note
from harness.system.git import find_reason, redact_url, unquote_path
from harness.system.source.repository import OpenClone, open_clone, require_ref

_FULL_SHA = re.compile(r"[0-9a-f]{40}")
# Each follows a NUL, which nothing that git prints of a commit contains; then come the files.
_FIELDS = ("%H", "%P", "%aI", "%an", "%s", "")
_FORMAT = f"--format={''.join(f'%x00{field}' for field in _FIELDS)}"


def list_line(repo: str, ends: tuple[str, str], *, cache: Path, environ: Mapping[str, str], note: Note) -> CommitLine:
    """Return the commits from one end, which is left out, to the other, along the first parents of the latter.

    If the first end is not an ancestor of the second, their merge base takes its place, with a note. Where the first
    end lies on a branch that was merged, the line begins with that merge. If both ends are the same commit, the line
    has none. Raises UsageError for ends in the wrong order, or without a commit in common.
    """
    for ref in ends:
        require_ref(ref)
    with open_clone(repo, cache=cache, environ=environ, note=note) as clone:
        bad = clone.find(ends[1])  # first: whatever is fetched for it mostly has the other end
        good = clone.find(ends[0])
        base = clone.git.ask("merge-base", good.sha, bad.sha).partition("\n")[0]
        _require_line(clone, ends, (good, bad), base)
        if base != good.sha:
            one, other = _name(ends[0], good), _name(ends[1], bad)
            note(f"{one} is not an ancestor of {other}: the search begins at their merge base, {base[:8]}")
            good = clone.find(base)
        commits = tuple(_list_commits(clone, good, bad)) if good.sha != bad.sha else ()
    return CommitLine(good=good, commits=commits, repo=clone.location)


def _require_line(clone: OpenClone, ends: tuple[str, str], commits: tuple[Commit, Commit], base: str) -> None:
    good, bad = commits
    where = redact_url(clone.location)
    if not _FULL_SHA.fullmatch(base):
        what = f"{ends[0]} and {ends[1]} have no commit in common in {where}"
        if clone.git.ask("rev-parse", "--is-shallow-repository") == "true":
            cause = f"{where} is a shallow clone, so its history is cut off"
            folder = shlex.quote(clone.location.removeprefix("file://"))
            hint = f"git -C {folder} fetch --unshallow  # then run the same command again"
            raise UsageError(what, cause=cause, hint=hint)
        raise UsageError(what, hint="name two commits of one history")
    if base == bad.sha and good.sha != bad.sha:
        cause = f"{_name(ends[1], bad)} is an ancestor of {_name(ends[0], good)}"
        hint = f"harness bisect {ends[1]} {ends[0]}"
        raise UsageError("the two commits are in the wrong order", cause=cause, hint=hint)


def _name(ref: str, commit: Commit) -> str:
    return commit.short if ref == commit.sha else f"{ref} ({commit.short})"


def _list_commits(clone: OpenClone, good: Commit, bad: Commit) -> Iterator[LineCommit]:
    """Yield the commits of a line, oldest first."""
    answer = clone.git.run(
        *("log", "--reverse", "--first-parent", "--ancestry-path", "--diff-merges=first-parent", "--no-renames"),
        *("--no-ext-diff", "--no-show-signature", "--name-only", _FORMAT, f"{good.sha}..{bad.sha}", "--"),
    )
    if not answer.ok:
        what = f"the commits between {good.short} and {bad.short} cannot be listed"
        raise UnavailableError(
            what,
            cause=find_reason(answer.stderr),
            hint=f"rm -r {shlex.quote(str(clone.git.folder))}  # it is fetched again",
        )
    before = good.sha
    fields = iter(answer.stdout.split("\0")[1:])
    for sha, parents, date, author, subject, files in zip(*[fields] * len(_FIELDS), strict=True):
        commit = Commit(sha=sha, date=date, author=author, message=subject, repo=redact_url(clone.location))
        changed = [Path(unquote_path(line)) for line in files.splitlines() if line]
        if not parents.startswith(before):  # a merge of the branch that GOOD lies on: all that GOOD lacks comes with it
            changed = clone.git.paths("diff-tree", "-r", "--name-only", "--no-renames", before, sha)
        before = sha
        yield LineCommit(commit=commit, files=tuple(map(str, changed)))
