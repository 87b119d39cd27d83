"""A branch as a night's watch sees it: where its head is now, which commits lead to it, and the anchor.

The head of the last night is kept in a ref of the harness's own clone. So a night without a network knows a head, and
a branch that was force-pushed is recognised.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from harness.errors import UnavailableError, UsageError
from harness.records.commit_line import LineCommit
from harness.records.record import Record, short_hash
from harness.records.source import Commit
from harness.system.cache.entry import Note
from harness.system.git import find_reason, redact_url, unquote_path
from harness.system.source.repository import (
    MISSING,
    TAGS,
    OpenClone,
    explain_unreachable,
    fetch_refs,
    first_commit,
    open_clone,
    require_ref,
)

# As many commits as a watch looks back; upstream has them in half a year.
MOST_COMMITS = 1500
_FULL_SHA = re.compile(r"[0-9a-f]{40}")
_RELEASE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
# Each follows a NUL, which nothing that git prints of a commit contains; then come the files.
_FIELDS = ("%H", "%cI", "%an", "%s", "")
_FORMAT = f"--format={''.join(f'%x00{field}' for field in _FIELDS)}"


class BranchWords(Record):
    """A branch as it is asked for: its repository, its name (empty: the default branch) and the word for its anchor."""

    repo: str
    name: str = ""
    anchor: str = ""


class BranchState(Record):
    """A branch now: its commits along first parents, oldest first, the last one is the head; and its anchor.

    `fetched` is False where the repository could not be reached, so that the head is the last one known, and `trouble`
    says why. `former` is the head of the last night if it is no longer on the branch; `first` tells that this clone had
    no head of the branch yet. `anchor` is None where nothing was asked for and the branch has no release.
    """

    repo: str
    commits: tuple[LineCommit, ...]
    anchor: Commit | None
    fetched: bool = True
    trouble: str = ""
    former: str = ""
    first: bool = False

    @property
    def head(self) -> Commit:
        """The newest commit."""
        return self.commits[-1].commit


def follow_branch(
    words: BranchWords, since: Collection[str], *, cache: Path, environ: Mapping[str, str], note: Note
) -> BranchState:
    """Return a branch as it is now, back to the oldest of the commits `since`, or as far as a watch looks back.

    It is fetched first. Raises UsageError for a branch or an anchor that the repository does not have, and
    UnavailableError if nothing is known of the branch and the repository cannot be reached.
    """
    for ref in filter(None, (words.name, words.anchor)):
        require_ref(ref)
    with open_clone(words.repo, cache=cache, environ=environ, note=note) as clone:
        own = f"refs/nightly/{short_hash(words.name)}"
        former = first_commit(clone.git, [own])
        trouble = _fetch(clone, words.name, own)
        head = first_commit(clone.git, [own])
        if not head:
            raise explain_unreachable(clone.git, clone.location, words.name, trouble)
        moved = bool(former) and former != head and not clone.git.run("merge-base", "--is-ancestor", former, head).ok
        return BranchState(
            repo=clone.location,
            commits=_cut(tuple(_list_commits(clone, head)), since),
            anchor=_find_anchor(clone, words.anchor, head),
            fetched=not trouble,
            trouble=find_reason(trouble) if trouble else "",
            former=former if moved else "",
            first=not former,
        )


def _fetch(clone: OpenClone, branch: str, own: str) -> str:
    """Fetch a branch into a ref of ours, and all tags; return git's complaint if the repository cannot be reached."""
    clone.note(f"fetching {redact_url(clone.location)}")
    source = f"refs/heads/{branch}" if branch else "HEAD"
    complaint = fetch_refs(clone.git, f"+{source}:{own}", *TAGS)
    if complaint and any(word in complaint for word in MISSING):
        raise _refuse(clone.location, branch)
    return complaint


def _refuse(location: str, branch: str) -> UsageError:
    """Return the error for a branch that a repository does not have, or for a repository without a commit."""
    if branch:
        hint = f"git ls-remote --heads {redact_url(location)}  # lists its branches"
        return UsageError(f"{redact_url(location)} has no branch {branch!r}", hint=hint)
    cause = "it is empty, or its HEAD names a branch that does not exist"
    return UsageError(f"{redact_url(location)} has no default branch", cause=cause, hint="--branch NAME")


def _list_commits(clone: OpenClone, head: str) -> Iterator[LineCommit]:
    """Yield the newest commits of a line, oldest first, each with the files that it changes."""
    answer = clone.git.run(
        *("log", "--reverse", "--first-parent", "--diff-merges=first-parent", "--no-renames", "--no-ext-diff"),
        *("--no-show-signature", "--name-only", f"--max-count={MOST_COMMITS}", _FORMAT, head, "--"),
    )
    if not answer.ok:
        what = f"the commits that lead to {head[:8]} cannot be listed"
        raise UnavailableError(
            what,
            cause=find_reason(answer.stderr),
            hint=f"rm -r {shlex.quote(str(clone.git.folder))}  # it is fetched again",
        )
    tags = _list_tags(clone)
    fields = iter(answer.stdout.split("\0")[1:])
    for sha, date, author, subject, files in zip(*[fields] * len(_FIELDS), strict=True):
        release = tags.get(sha, "")
        repo = redact_url(clone.location)
        commit = Commit(sha=sha, release=release, date=date, author=author, message=subject, repo=repo)
        changed = (unquote_path(line) for line in files.splitlines() if line)
        yield LineCommit(commit=commit, files=tuple(changed))


def _list_tags(clone: OpenClone) -> dict[str, str]:
    """Return the tag of each commit that has one, of several the one that sorts highest."""
    answer = clone.git.ask(
        "for-each-ref",
        "--sort=version:refname",
        "--format=%(objectname) %(*objectname) %(refname:strip=2)",
        "refs/tags",
    )
    tags: dict[str, str] = {}
    for line in answer.splitlines():
        *shas, name = line.split()
        tags[shas[-1]] = name
    return tags


def _cut(commits: tuple[LineCommit, ...], since: Collection[str]) -> tuple[LineCommit, ...]:
    """Return the commits from the oldest of `since` on; all of them if none is among them."""
    first = next((number for number, one in enumerate(commits) if one.commit.sha in since), 0)
    return commits[first:]


def _find_anchor(clone: OpenClone, word: str, head: str) -> Commit | None:
    """Return the commit that is asked for, else the newest release on the branch, else the newest one of all."""
    if word:
        return clone.find(word)
    merged = clone.git.ask("tag", "--merged", head).splitlines()
    newest = _choose_newest(merged) or _choose_newest(clone.git.ask("tag").splitlines())
    return clone.find(newest) if newest else None


def _choose_newest(tags: list[str]) -> str:
    """Return the tag of the newest release among tags, by its number; empty if none is a release."""
    numbered = [
        (tuple(int(part or 0) for part in found.groups()), tag) for tag in tags if (found := _RELEASE.fullmatch(tag))
    ]
    return max(numbered, default=((), ""))[1]
