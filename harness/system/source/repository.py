"""A commit of a git repository, as an immutable tree in the cache.

One bare clone without file contents (`--filter=blob:none`) for each repository; the contents of a commit are fetched
when its tree is made. A tag or sha that the clone has needs no network. A branch always does, because it moves: an old
head would put a wrong label on a measurement.
"""

import contextlib
import re
import shlex
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.parse.pin import nearest_names
from harness.records.record import short_hash
from harness.records.source import Commit, Source
from harness.system.cache.entry import CONTENT, Note, locked, obtain_entry
from harness.system.git import Git, LocalClone, find_reason, locate_repository, probe_commit, redact_url
from harness.system.login import part_login
from harness.system.source.tree import GENERATED, check_tree
from harness.system.view import NO_FILTER

_SHA = re.compile(r"[0-9a-f]{7,40}")
_FULL_SHA = re.compile(r"[0-9a-f]{40}")
TAGS = ("+refs/tags/*:refs/tags/*",)
_REFSPECS = ("+refs/heads/*:refs/heads/*", *TAGS)
# What git says of a ref that the other side does not have.
MISSING = ("couldn't find remote ref", "not our ref", "no such remote ref", "unadvertised object")
_PROMISOR = ("-c", "remote.origin.promisor=true", "-c", "remote.origin.partialclonefilter=blob:none")
# All of the history, as the repository has it. Without a depth, git takes what a shallow repository lacks for contents
# that it may fetch later, asks for them, misses them again, and so on: one process inside the other, without end.
_WHOLE = "--depth=2147483647"
_LOCAL = ("/", "file://")
# A command takes so many names of 40 digits without doubt.
_MOST_NAMED = 2000


class OpenClone(NamedTuple):
    """The harness's clone of a repository, which nobody else changes meanwhile, and where it is fetched from."""

    git: Git
    location: str
    note: Note

    def find(self, ref: str) -> Commit:
        """Return the commit that `ref` names, fetched first if the clone does not have it; see `obtain_commit`."""
        sha = _find_local(self.git, ref) or _fetch(self.git, self.location, ref, self.note)
        commit = probe_commit(self.git, sha, repo=self.location)
        if commit is None:
            raise UnavailableError(f"commit {sha} in {redact_url(self.location)} cannot be read")
        return commit


def obtain_commit(repo: str, ref: str, *, cache: Path, environ: Mapping[str, str], note: Note) -> Source:
    """Return the tree of the commit that `ref` names in `repo`; an empty `ref` is the head of its default branch.

    `ref` is a tag, branch, full or abbreviated sha, or a full name such as `refs/pull/1/head`. Raises UsageError for
    a ref that the repository does not have, UnavailableError if it cannot be reached.
    """
    require_ref(ref)
    with open_clone(repo, cache=cache, environ=environ, note=note) as clone:
        commit = clone.find(ref)

        def make(target: Path) -> Source:
            note(f"checking out {commit.short} of {redact_url(clone.location)}")
            return _check_out(clone.git, commit, target, note)

        folder = cache / "sources" / f"git-{commit.sha[:12]}"
        source = obtain_entry(folder, Source, make, note=note, generated=GENERATED)
    return replace(source, path=str(folder / CONTENT), commit=commit)


def require_ref(ref: str) -> None:
    """Raise UsageError for a word that cannot name a commit."""
    if ref.startswith("-") or re.search(r"[\s:^~?*\[\\]|\.\.|@\{", ref):
        raise UsageError(f"{ref!r} is not the name of a commit", hint="name a tag, a branch or a sha")


@contextlib.contextmanager
def open_clone(repo: str, *, cache: Path, environ: Mapping[str, str], note: Note) -> Iterator[OpenClone]:
    """Yield the clone of a repository, empty at first; nothing is fetched yet."""
    location, login = part_login(locate_repository(repo), environ)
    clone = cache / "repositories" / f"{short_hash(location)}.git"
    git = Git(clone, environ, login)
    if location.startswith(_LOCAL):
        origin = location.removeprefix("file://")
        # In a path that is not a URL, a percent sign stands for itself.
        git = LocalClone(clone, environ, Path(origin if origin == location else urllib.parse.unquote(origin)))
    with locked(clone, note=note):
        _prepare_clone(git, location)
        yield OpenClone(git, location, note)


def order_commits(shas: Iterable[str], *, cache: Path, environ: Mapping[str, str]) -> dict[str, int]:
    """Return the place of each commit that a clone in the cache has, an ancestor before its descendants; never fetches.

    These are the commits on the first parents of `shas`, newest ones last in `shas`. Those of a second clone come after
    those of the first. Empty if there is no clone, or if git has no answer.
    """
    missing = {sha: None for sha in shas if _FULL_SHA.fullmatch(sha)}
    order: dict[str, int] = {}
    for clone in sorted((cache / "repositories").glob("*.git")):
        if not missing:
            break
        options = ("--first-parent", "--topo-order", "--reverse", "--ignore-missing")
        answer = Git(clone, environ).run("rev-list", *options, *list(missing)[-_MOST_NAMED:], "--")
        for sha in answer.stdout.split() if answer.ok else ():
            order.setdefault(sha, len(order))
            missing.pop(sha, None)
    return order


def _prepare_clone(git: Git, location: str) -> None:
    clone = git.folder
    clone.mkdir(parents=True, exist_ok=True)
    if git.ask("config", "--get", "remote.origin.url") != location:
        for step in (["init", "--quiet", "--bare"], ["config", "remote.origin.url", location]):
            answer = git.run(*step)
            if not answer.ok:
                raise UnfitError(
                    f"git cannot make a repository in {clone}",
                    cause=find_reason(answer.stderr),
                    hint=f"rm -r {shlex.quote(str(clone))}  # then run the same command again",
                )
    attributes = clone / "info" / "attributes"
    if not attributes.is_file() or attributes.read_text(encoding="utf-8", errors="replace") != NO_FILTER:
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(NO_FILTER, encoding="ascii")


def _find_local(git: Git, ref: str) -> str:
    """Return the sha of a tag or (abbreviated) sha that the clone has; never uses the network."""
    names = [f"refs/tags/{ref}"] if ref else []
    if _SHA.fullmatch(ref) and not _has(git, f"refs/heads/{ref}"):
        names.append(ref)
    return first_commit(git, names)


def first_commit(git: Git, names: list[str]) -> str:
    """Return the sha of the first of some revisions that is a commit; empty if none is."""
    for name in names:
        sha = git.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if _FULL_SHA.fullmatch(sha):
            return sha
    return ""


def _has(git: Git, name: str) -> bool:
    return git.run("show-ref", "--verify", "--quiet", name).ok


def _fetch(git: Git, location: str, ref: str, note: Note) -> str:
    note(f"fetching {redact_url(location)}")
    complaint = ""
    if _is_direct(ref):
        # A tag names the release of a commit; those of a local repository cost next to nothing.
        complaint = fetch_refs(git, ref or "HEAD", *(TAGS if location.startswith(_LOCAL) else ()))
        if not complaint:
            return first_commit(git, [ref if _FULL_SHA.fullmatch(ref) else "FETCH_HEAD"])
        if not any(word in complaint for word in MISSING):
            raise explain_unreachable(git, location, ref, complaint)
    further = fetch_refs(git, *_REFSPECS, flags=("--prune", "--force"))
    if further:
        raise explain_unreachable(git, location, ref, f"{complaint}\n{further}")
    sha = _find_local(git, ref) or first_commit(git, [f"refs/heads/{ref}", ref])
    if not sha:
        raise _refuse_unknown(git, location, ref)
    return sha


def _is_direct(ref: str) -> bool:
    """Return whether `ref` must be fetched by name, as a head, a pull request or a sha outside all branches."""
    return not ref or ref == "HEAD" or ref.startswith("refs/") or bool(_FULL_SHA.fullmatch(ref))


def fetch_refs(git: Git, *refs: str, flags: tuple[str, ...] = ()) -> str:
    """Return git's error message, or an empty string."""
    answer = git.run(
        *_PROMISOR,
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--filter=blob:none",
        _WHOLE,
        *flags,
        "origin",
        *refs,
        network=True,
    )
    return "" if answer.ok else answer.stderr or f"git ended with {answer.exit_code}"


def explain_unreachable(git: Git, location: str, ref: str, complaint: str) -> UnavailableError:
    """Return the error for a repository that git could not fetch from, by its complaint."""
    known = first_commit(git, [f"refs/heads/{ref}"] if ref else [])
    if location.startswith(_LOCAL) and not known:
        return _unreadable(location, f"{redact_url(location)} cannot be read", complaint)
    hint = "--source DIR  # measures a local tree, --repo PATH a local clone; or check the network"
    if known:
        hint = f"{known} in place of {ref}: its last known head, which needs no network"
    return UnavailableError(f"{redact_url(location)} cannot be reached", cause=find_reason(complaint), hint=hint)


def _unreadable(location: str, what: str, complaint: str) -> UnavailableError:
    """Return the error for a repository on this node, where the network is not involved."""
    folder = shlex.quote(location.removeprefix("file://"))
    hint = (
        f"git -C {folder} fsck  # names what is damaged; clone it again, or measure a tree as it is with --source DIR"
    )
    if "not appear to be a git repository" in complaint:
        hint = f"--source {folder}  # measures a tree as it is; --repo takes a clone"
    elif "find remote ref HEAD" in complaint:
        hint = "--ref BRANCH  # its HEAD names a branch without a commit"
    return UnavailableError(what, cause=find_reason(complaint), hint=hint)


def _refuse_unknown(git: Git, location: str, ref: str) -> UsageError:
    if git.ask("rev-parse", "--is-shallow-repository") == "true":
        hint = "--repo URL  # the repository that it was cloned from"
        if location.startswith(_LOCAL):
            hint = (
                f"git -C {shlex.quote(location.removeprefix('file://'))} fetch --unshallow --tags  # then run the "
                "same command again"
            )
        return UsageError(
            f"{redact_url(location)} has no tag, branch or commit {ref!r}",
            cause="it is a shallow clone, without the older commits",
            hint=hint,
        )
    names = git.ask("for-each-ref", "--format=%(refname:strip=2)", "refs/tags", "refs/heads").splitlines()
    nearest = nearest_names(ref, tuple(names))
    return UsageError(
        f"{redact_url(location)} has no tag, branch or commit {ref!r}",
        hint=f"{' or '.join(nearest)} in its place" if nearest else "name a tag, a branch or a sha",
    )


def _check_out(git: Git, commit: Commit, target: Path, note: Note) -> Source:
    target.mkdir()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        # read-tree fetches all missing contents at once; archive and checkout-index ask for one file at a time.
        answer = git.run(
            *_PROMISOR,
            f"--work-tree={target}",
            f"--git-dir={git.folder}",
            "read-tree",
            "-u",
            "--reset",
            "--no-recurse-submodules",
            commit.sha,
            network=True,
            env={"GIT_INDEX_FILE": f"{scratch}/index"},
        )
    if not answer.ok:
        what = f"the files of {commit.short} cannot be fetched from {commit.repo}"
        if commit.repo.startswith(_LOCAL):
            raise _unreadable(commit.repo, what, answer.stderr)
        hint = "--source DIR  # measures a local tree; or check the network"
        raise UnavailableError(what, cause=find_reason(answer.stderr), hint=hint)
    check_tree(target, what=f"commit {commit.short} of {commit.repo}")
    if (target / ".gitmodules").is_file():
        note("the commit has submodules, which are not fetched")
    identity = f"git-{commit.sha[:12]}"
    return Source(id=identity, kind="git", path=str(target), commit=commit)
