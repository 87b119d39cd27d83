"""git without surprises: no prompts, hooks, helpers that download, or environment of an enclosing git process."""

import functools
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.parse.shortage import MEMORY
from harness.records.secret import redact
from harness.records.source import Commit
from harness.system.limit import refuse_program
from harness.system.login import leave_out_logins
from harness.system.process.child import capture
from harness.system.process.listener import CapturedOutput
from harness.system.view import RepositoryHome, find_home, find_served, open_view, require_files

LOCAL_TIMEOUT_S = 120.0
NETWORK_TIMEOUT_S = 900.0

_OPTIONS = (
    "safe.directory=*",  # the tree may belong to another user, as in a container
    f"core.hooksPath={os.devnull}",
    "safe.bareRepository=all",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.quotePath=true",
    "core.autocrlf=false",
    f"core.attributesFile={os.devnull}",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "i18n.logOutputEncoding=UTF-8",
    "advice.detachedHead=false",
    "column.ui=never",
)
# What a hook or an alias of git sets for its children: it would point git at another repository, or forbid it to write
# to one of ours.
_INHERITED = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_CONFIG GIT_DIR GIT_EXTERNAL_DIFF "
    "GIT_GLOB_PATHSPECS GIT_GRAFT_FILE GIT_ICASE_PATHSPECS GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_LITERAL_PATHSPECS "
    "GIT_NAMESPACE GIT_NOGLOB_PATHSPECS GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH "
    "GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE".split()
)
# Secrets of others: credential helpers may need any but these.
_OTHERS = ("HF_", "PIP_", "UV_")
_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",  # a program that answers with nothing
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_DEFAULT_HASH": "sha1",  # of a new repository, whatever the user's settings or a later git would choose
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit is what its sha says, whatever refs/replace would have it be
}
PROTOCOLS = "file:git:http:https:ssh"
# The server side of a path on this node is a git process of its own, which asks once more who owns the repository. It
# hands out what is asked for, fetches nothing that a partial clone lacks, and is shown the repository by this variable.
_SERVED = "HARNESS_GIT_SERVED"
_SERVER = (
    f'GIT_COMMON_DIR="${_SERVED}" GIT_ALLOW_PROTOCOL=none GIT_NO_LAZY_FETCH=1 '
    "git -c safe.directory=* -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"
)
# What git's processes say when another one of them has died, and what a repository without the object says then.
_FOLLOWS = re.compile(
    "died with error|died of signal|repository corruption on the remote side|protocol error|early EOF|hung up"
    "|invalid index-pack output|index-pack failed|Could not read from remote repository|not our ref|fetch-pack: "
    "|unpack-objects|expected flush|Failed to traverse parents|could not fetch .* from promisor"
    "|^Please make sure you have the correct access rights|^and the repository exists"
)
_FIELDS = ("%H", "%aI", "%an", "%B")
_HAS_SECOND = re.compile(r"(?:^|\0)extensions\.worktreeconfig(?:\n(?:true|yes|on|1))?\0", re.IGNORECASE)


def git_environment(environ: Mapping[str, str], *, network: bool) -> dict[str, str]:
    """Return the environment for a git process; without `network` it cannot even fetch what a partial clone lacks."""
    env = {name: value for name, value in environ.items() if name not in _INHERITED and not name.startswith(_OTHERS)}
    env.update(_QUIET)
    env["GIT_ALLOW_PROTOCOL"] = PROTOCOLS if network else "none"
    if network:
        env.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    else:
        env["GIT_NO_LAZY_FETCH"] = "1"
        env = leave_out_logins(env)
    return env


class Git:
    """git in a repository of the harness."""

    options: tuple[str, ...] = _OPTIONS

    def __init__(self, folder: Path, environ: Mapping[str, str], login: Mapping[str, str] | None = None) -> None:
        """Set up git in `folder`; `login` are variables that only commands with network access get."""
        self.folder = folder
        self.environ = environ
        self._login = login or {}

    def run(self, *arguments: str, network: bool = False, env: Mapping[str, str] | None = None) -> CapturedOutput:
        """Return the answer of git, even an error; raises UnfitError without git.

        Raises LimitError if git could not start, or reached a limit of the system, since its answer then means nothing,
        and UnavailableError if it did not answer in time.
        """
        options = [word for option in self.options for word in ("-c", option)]
        captured = capture(
            ["git", "-C", str(self.folder), *options, *arguments],
            env={**git_environment(self.environ, network=network), **(self._login if network else {}), **(env or {})},
            timeout_s=NETWORK_TIMEOUT_S if network else LOCAL_TIMEOUT_S,
            trusted=network,
        )
        if captured.refused:
            if captured.is_absent:
                raise UnfitError(
                    "git is not installed", hint="sudo apt install git  # or your system's way to install it"
                )
            hint = "git --version"
            raise UnfitError("git cannot be executed", cause=captured.stderr.strip(), hint=hint)
        if captured.late and not network:
            raise _refuse_late(self.folder)
        complaint = captured.shortage
        # A damaged repository may make it ask for more memory than there can be.
        if complaint and complaint.shortage is not MEMORY:
            raise refuse_program("git", complaint)
        return captured

    def ask(self, *arguments: str) -> str:
        """Return the stripped answer of a local command, empty if it failed."""
        captured = self.run(*arguments)
        return captured.stdout.strip() if captured.ok else ""

    def paths(self, *arguments: str, env: Mapping[str, str] | None = None) -> list[Path]:
        """Return the paths that a command lists, one per line, quoted as with core.quotePath.

        Raises UnavailableError if the command failed, since an empty answer would look like a clean tree.
        """
        captured = self.run(*arguments, env=env)
        if not captured.ok:
            folder = shlex.quote(str(self.folder))
            raise UnavailableError(
                f"git cannot list the files of {self.folder}",
                cause=find_reason(captured.stderr),
                hint=f"git -C {folder} diff --stat HEAD  # fetches what a partial clone lacks, or shows the error",
            )
        return [Path(unquote_path(line)) for line in captured.stdout.splitlines()]


class ForeignGit(Git):
    """git in the user's repository around a folder, if there is one: it is only read, and none of its programs runs."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        """Set up git in `folder`, an absolute path without links; raises UnreadableError if git would hang."""
        super().__init__(folder, environ)
        self.home = find_home(folder)
        if self.home:
            require_files(self.home)

    def run(self, *arguments: str, network: bool = False, env: Mapping[str, str] | None = None) -> CapturedOutput:
        """Return the answer of git, even an error; raises UnfitError without git."""
        given = env or {}
        if self.home is None:  # no repository, wherever git would look for one
            return super().run(*arguments, network=network, env={"GIT_DIR": os.devnull, **given})
        with open_view(self.home, self._settings) as view:
            shown = {
                "GIT_DIR": self.home.folder,
                "GIT_COMMON_DIR": str(view),
                "GIT_WORK_TREE": self.home.tree,
                "GIT_INDEX_FILE": str(view / "index"),
            }
            return super().run(*arguments, network=network, env={**shown, **given})

    @functools.cached_property
    def _settings(self) -> str:
        return list_settings(self.home, self.environ) if self.home else ""


class LocalClone(Git):
    """git in the harness's clone of a local repository, whose settings the serving process does not read either."""

    options = (*_OPTIONS, f"remote.origin.uploadpack={_SERVER}")

    def __init__(self, folder: Path, environ: Mapping[str, str], origin: Path) -> None:
        """Set up git in `folder`, which fetches from `origin`."""
        super().__init__(folder, environ, {"GIT_ALLOW_PROTOCOL": "file"})
        self._origin = origin

    def run(self, *arguments: str, network: bool = False, env: Mapping[str, str] | None = None) -> CapturedOutput:
        """Return the answer of git, even an error; raises UnfitError without git."""
        given = env or {}
        home = find_served(self._origin) if network else None
        if home is None:
            return super().run(*arguments, network=network, env={_SERVED: os.devnull, **given})
        require_files(home)
        with open_view(home, list_settings(home, self.environ)) as view:
            return super().run(*arguments, network=network, env={_SERVED: str(view), **given})


def list_settings(home: RepositoryHome, environ: Mapping[str, str]) -> str:
    """Return the settings of a repository as git lists them, reading only the files.

    The second file is that of the work tree, if git would read it.
    """
    listed = _list_file(home.settings, environ)
    return listed + _list_file(Path(home.folder) / "config.worktree", environ) if _HAS_SECOND.search(listed) else listed


def _list_file(path: Path, environ: Mapping[str, str]) -> str:
    if not path.is_file():
        return ""
    listed = capture(
        ["git", "config", "--file", str(path), "--no-includes", "--list", "--null"],
        env={**git_environment(environ, network=False), "GIT_DIR": os.devnull},
        timeout_s=LOCAL_TIMEOUT_S,
    )
    if listed.late:
        raise _refuse_late(path.parent)
    if complaint := listed.shortage:  # a repository without its settings is another one
        raise refuse_program("git", complaint)
    return listed.stdout if listed.ok else ""


def _refuse_late(folder: Path) -> UnavailableError:
    hint = f"git -C {shlex.quote(str(folder))} status  # shows whether it answers at all"
    return UnavailableError(f"git did not answer within {LOCAL_TIMEOUT_S:g} s in {folder}", hint=hint)


def unquote_path(line: str) -> str:
    """Return the path that git quoted as in C, with surrogate escapes for bytes that are not UTF-8."""
    if not line.startswith('"'):
        return line
    return os.fsdecode(line[1:-1].encode("ascii").decode("unicode_escape").encode("latin-1"))


def probe_commit(git: Git, revision: str, *, repo: str) -> Commit | None:
    """Return the commit that `revision` names, with its tag that sorts highest, or None."""
    captured = git.run("log", "-1", "--no-show-signature", f"--format={'%x00'.join(_FIELDS)}", revision, "--")
    if not captured.ok or captured.stdout.count("\0") != len(_FIELDS) - 1:
        return None
    sha, date, author, message = captured.stdout.split("\0")
    tags = git.ask("tag", "--points-at", sha, "--sort=-version:refname").splitlines()
    return Commit(
        sha=sha,
        release=tags[0] if tags else "",
        date=date,
        author=author,
        message=message.strip("\n"),
        repo=redact_url(repo),
    )


def redact_url(url: str) -> str:
    """Return a URL without user name and password, for records and messages."""
    return redact(url)


def find_reason(complaint: str) -> str:
    """Return the line of git's error message that names the cause, without credentials in URLs.

    It is seldom the last one, since consequences and advice are printed after it.
    """
    lines = [line.strip().removeprefix("remote: ") for line in complaint.splitlines() if line.strip()]
    causes = [line for line in lines if not line.startswith(("warning: ", "hint: "))] or lines
    first = [line for line in causes if not _FOLLOWS.search(line)] or causes
    for head in ("fatal: ", "error: ", ""):  # what ssh says has no head
        for line in first:
            if line.startswith(head):
                return redact(line)
    return "no reason given"


def locate_repository(repo: str) -> str:
    """Return the URL, or the absolute path, that git fetches from.

    Raises UsageError for a word that looks like an option, for a protocol that runs programs and for a path that does
    not exist.
    """
    if repo.startswith("-") or "::" in repo or "\n" in repo:
        raise UsageError(
            f"--repo {repo!r} is neither a URL nor a path", hint="--repo URL  # https://..., or the path of a clone"
        )
    scheme, separator, _ = repo.partition("://")
    if separator:
        if scheme.lower() not in PROTOCOLS.split(":"):
            raise UsageError(
                f"--repo {redact_url(repo)!r} uses a protocol that is not allowed",
                cause=f"only {', '.join(PROTOCOLS.split(':'))} are allowed",
            )
        return repo
    path = Path(repo)
    if path.exists():
        return str(path.resolve())
    if re.match(r"[\w.-]+@[\w.-]+:[^/-]", repo):  # user@host:path, as ssh has it
        return repo
    raise UsageError(f"--repo: there is no folder {repo!r}", hint="--repo URL  # https://..., or the path of a clone")
