"""The checkout of whisper.cpp that a user works in: where it is, what its refs name, where its branch began.

It is only read: nothing is fetched into it, no lock is taken, the network is not used, and none of its hooks or filters
runs.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.parse.pin import nearest_names
from harness.records.record import Record
from harness.system.disk import expand_home
from harness.system.git import ForeignGit
from harness.system.source.tree import is_whisper

_FULL_SHA = re.compile(r"[0-9a-f]{40}")
# Whatever has more than one commit in it, or asks for a file.
_NO_COMMIT = re.compile(r"^-|^$|[\s:*?\[\\]|\.\.")
# What only the history of one clone can answer: HEAD, HEAD~1, main@{1}. Upstream has another HEAD.
_OWN = re.compile(r"^(?:[A-Z_]*HEAD|@)$|[~^@:{]")
# In this order: a fork's own default branch may hold what is to be measured.
_REMOTES = ("upstream", "origin")
# whisper.cpp's own name comes first.
_BRANCHES = ("master", "main")


class FoundCommit(Record):
    """A commit that a checkout knows: the name by which it was found, and how many commits HEAD is ahead of it."""

    sha: str
    name: str
    beyond: int = 0


class Checkout:
    """A git work tree whose top is whisper.cpp."""

    def __init__(self, top: Path, environ: Mapping[str, str]) -> None:
        """Use the checkout whose top folder is `top`."""
        self.top = top
        self._git = ForeignGit(top, environ)

    def find_commit(self, ref: str) -> FoundCommit | None:
        """Return the commit that `ref` names here: a tag, branch, sha, or an expression such as `HEAD~1`; else None.

        A branch that does not exist locally is taken from the remote that has it, as of its last fetch. Raises
        UsageError if remotes disagree.
        """
        if _NO_COMMIT.search(ref):
            return None
        sha = self._parse(ref)
        if sha:
            return FoundCommit(sha=sha, name=ref)
        listed = self._git.ask("for-each-ref", "--format=%(refname:strip=2)", f"refs/remotes/*/{ref}").splitlines()
        remote = {name: self._parse(f"refs/remotes/{name}") for name in listed}
        if len(set(remote.values())) > 1:
            hint = f"name one of them: {' or '.join(remote)}"
            raise UsageError(f"the remotes of {self.top} have different commits for {ref!r}", hint=hint)
        return next((FoundCommit(sha=sha, name=name) for name, sha in remote.items() if sha), None)

    def find_base(self) -> FoundCommit:
        """Return the commit at which HEAD left the default branch; raises UsageError if it is not known.

        The default branch is that of the remote `upstream`, else of `origin`, else of any other, else a local one.
        """
        if not self._parse("HEAD"):
            raise UsageError(f"{self.top} has no commit yet", hint="git commit --all  # or name two sides")
        branch = self._find_default()
        if not branch:
            raise UsageError(
                f"the default branch of {self.top} is not known",
                cause=f"there is no branch {' or '.join(_BRANCHES)}, neither local nor in a remote",
                hint="harness ab REF .  # with the baseline as REF",
            )
        name = re.sub(r"^refs/(remotes|heads)/", "", branch)
        sha = self._git.ask("merge-base", "HEAD", branch).partition("\n")[0]
        if _FULL_SHA.fullmatch(sha):
            beyond = self._git.ask("rev-list", "--count", f"{sha}..HEAD")
            return FoundCommit(sha=sha, name=name, beyond=int(beyond) if beyond.isdecimal() else 0)
        if self._is_shallow():
            raise UsageError(
                f"the commit at which HEAD left {name} is not known",
                cause=f"{self.top} is a shallow clone, so its history is cut off",
                hint=f"{self._unshallow()}  # or: harness ab {name} .",
            )
        raise UsageError(f"HEAD and {name} have no commit in common", hint=f"harness ab {name} .")

    def require_elsewhere(self, ref: str, *, alone: bool = False) -> None:
        """Raise UsageError for a name that is unknown here and would mean nothing, or another commit, upstream.

        If only this checkout counts (`alone`), any name may be missing because the clone is shallow.
        """
        if not (_OWN.search(ref) or (alone and self._is_shallow())):
            return
        what = f"{self.top} has no commit {ref!r}"
        if self._is_shallow():
            cause = "it is a shallow clone, so its history is cut off"
            raise UsageError(what, cause=cause, hint=f"{self._unshallow()}  # then run the same command again")
        raise UsageError(what, hint=f"git -C {shlex.quote(str(self.top))} log --oneline --all")

    def locate(self, sha: str) -> str:
        """Return where the files of a commit can be fetched from: this checkout, or the origin of a partial clone."""
        promisor = self._git.ask("config", "--get-regexp", r"^remote\..*\.promisor$").partition(" ")[0]
        if promisor and "?" in self._git.ask("rev-list", "--objects", "--no-walk", "--missing=print", sha):
            remote = promisor.removeprefix("remote.").removesuffix(".promisor")
            url = self._git.ask("config", "--get", f"remote.{remote}.url")
            # A relative path is meant from here, wherever the harness was started.
            return str(self.top / url) if not url or (self.top / url).exists() else url
        return str(self.top)

    def find_like(self, ref: str) -> tuple[str, ...]:
        """Return the tags and branches whose names are most similar to `ref`."""
        listed = self._git.ask("for-each-ref", "--format=%(refname:strip=2)", "refs/tags", "refs/heads", "refs/remotes")
        return nearest_names(ref, tuple(listed.splitlines()))

    def _is_shallow(self) -> bool:
        return self._git.ask("rev-parse", "--is-shallow-repository") == "true"

    def _unshallow(self) -> str:
        return f"git -C {shlex.quote(str(self.top))} fetch --unshallow"

    def _parse(self, name: str) -> str:
        sha = self._git.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if _FULL_SHA.fullmatch(sha):
            return sha
        if not _FULL_SHA.fullmatch(name):  # which git takes for an object whether it is there or not
            self._require_object(self._git.ask("rev-parse", "--verify", "--quiet", name))
        return ""

    def _require_object(self, sha: str) -> None:
        """Raise UnavailableError if a name refers to an object that is missing or cannot be read."""
        if _FULL_SHA.fullmatch(sha) and not self._git.ask("cat-file", "-t", sha):
            folder = shlex.quote(str(self.top))
            raise UnavailableError(
                f"the repository of {self.top} cannot be read",
                cause=f"its object {sha} is missing or damaged",
                hint=f"git -C {folder} fsck  # names what is damaged; clone it again and move your changes there",
            )

    def _find_default(self) -> str:
        """Return the full name of the default branch, or an empty string."""
        usual = [*_BRANCHES, *filter(None, [self._git.ask("config", "--get", "init.defaultBranch")])]
        remotes = self._git.ask("remote").splitlines()
        for remote in sorted(remotes, key=lambda name: _REMOTES.index(name) if name in _REMOTES else len(_REMOTES)):
            head = self._git.ask("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
            names = [*filter(None, [head]), *(f"refs/remotes/{remote}/{name}" for name in usual)]
            found = next(filter(self._parse, names), "")
            if found:
                return found
        return next(filter(self._parse, (f"refs/heads/{name}" for name in usual)), "")


def find_checkout(folder: Path, environ: Mapping[str, str]) -> Checkout | None:
    """Return the checkout of whisper.cpp that `folder` is or is inside, or None.

    A repository counts only if it tracks whisper.cpp at its top: neither a copy that was unpacked inside a checkout nor
    a part of another project belongs to the refs around it.
    """
    folder = expand_home(folder).resolve()
    if not folder.is_dir():
        return None
    try:
        git = ForeignGit(folder, environ)
        if git.home is None or not is_whisper(top := Path(git.home.tree)):
            return None
        if any(is_whisper(one) for one in (folder, *folder.parents) if top in one.parents):
            return None
        tracked = ForeignGit(top, environ).run("ls-files", "--error-unmatch", "--", "CMakeLists.txt").ok
    except UnfitError:  # no git, no checkout
        return None
    return Checkout(top, environ) if tracked else None
