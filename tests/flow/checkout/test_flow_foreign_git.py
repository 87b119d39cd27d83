"""Repositories of strangers whose settings name programs: every key that git knows, hooks, filters, submodules.

Each is planted with a program that leaves a mark; whatever the harness does before it builds, there is none.
"""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.errors import UnavailableError, UnreadableError
from harness.records.source import SourceRequest
from harness.system.git import list_settings
from harness.system.source.checkout import find_checkout
from harness.system.source.resolve import resolve_source
from harness.system.source.tree import find_written, look_at_tree, probe_tree
from harness.system.view import find_home
from tests.flow.kit import Kit
from tests.flow.repository import Repository, whisper

# Keys that some git has or had and that `git help --config` does not list in each version.
MORE = (
    "alias.log alias.diff alias.ls-files alias.rev-parse core.fsmonitor core.askPass filter.<driver>.process pager.log "
    "pager.diff gpg.ssh.program gpg.x509.program hook.<name>.command core.editor credential.<url>.helper "
    "submodule.<name>.update remote.<name>.vcs trailer.<alias>.command trailer.<alias>.cmd uploadpack.packObjectsHook "
    "gc.recentObjectsHook tar.<format>.command imap.tunnel interactive.diffFilter init.templateDir include.path "
    "includeIf.<condition>.path core.worktree url.<base>.insteadOf core.attributesFile extensions.partialClone"
).split()
# Keys that git is shown, and what it takes for them: anything else ends it, and nothing would be tried.
FACTS = {
    "core.filemode": "true",
    "core.ignorecase": "false",
    "core.precomposeunicode": "false",
    "core.sparsecheckout": "false",
    "core.sparsecheckoutcone": "true",
    "core.symlinks": "true",
    "extensions.objectformat": "sha1",
    "extensions.refstorage": "files",
    "remote.evil.promisor": "true",
}
IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
# What a git that is not told otherwise does run in these verbs: the trap must be one.
TRAPS = {
    "core.fsmonitor": ("status",),
    "filter.evil.process": ("diff", "HEAD"),
    "filter.evil.clean": ("diff", "HEAD"),
    "diff.external": ("diff", "HEAD"),
    "diff.evil.textconv": ("diff", "HEAD"),
    "diff.evil.command": ("diff", "HEAD"),
    "gpg.program": ("log", "-1"),
    "alias.evil": ("evil",),
    "include.path": ("status",),
    "core.sshCommand": ("fetch", "ssh://127.0.0.1/x"),
    "credential.helper": ("credential", "fill"),
}


class Trap:
    """A repository of whisper.cpp whose settings, attributes and hooks name programs that leave a mark."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.marks = folder / "marks"
        self.marks.mkdir(parents=True)
        self.repository = Repository(folder / "whisper.cpp", environ)
        self.path = self.repository.path
        whisper(self.path)
        (self.path / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n[attr]x filter=evil\n")
        self.repository.commit("first", a="a\n")
        self.repository.git("tag", "v9.9.9")
        self._sign()
        self.head = self.repository.commit("second", b="b\n")
        # As if somebody had looked at the files since: only their contents tell whether they have changed.
        for path in (self.path / "a", self.path / "CMakeLists.txt"):
            path.write_text(path.read_text())

    def program(self, name: str) -> Path:
        """Return a program that leaves a mark of this name."""
        path = self.marks.parent / "programs" / re.sub(r"[^\w.]", "_", name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch '{self.marks / path.name}'\nexit 1\n")
        path.chmod(0o755)
        return path

    def plant(self, keys: Sequence[str]) -> None:
        """Give each key a program of its own as its value, and all hooks."""
        lines = ["[log]\nshowSignature = true\n[core]\nrepositoryFormatVersion = 0\n"]
        for key in keys:
            section, _, rest = key.partition(".")
            subsection, _, name = rest.rpartition(".")
            value = self._value(key)
            head = f'{section} "{subsection}"' if subsection else section
            lines.append(f'[{head}]\n{name} = "{value}"\n')
        (self.path / ".git" / "config").write_text("".join(lines))
        hooks = self.path / ".git" / "hooks"
        for name in "post-checkout post-index-change pre-auto-gc reference-transaction fsmonitor-watchman".split():
            hooks.mkdir(exist_ok=True)
            (hooks / name).symlink_to(self.program(f"hook-{name}"))

    def _value(self, key: str) -> str:
        if key.lower() in FACTS:
            return FACTS[key.lower()]
        program = self.program(key)
        if key.startswith(("alias.", "submodule.")):
            return f"!{program}"
        if key in ("include.path", "includeIf.evil.path"):
            included = self.marks.parent / "included"
            included.write_text(f'[core]\nfsmonitor = "{self.program("include.path")}"\n')
            return str(included)
        return str(program)

    def seen(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())

    def _sign(self) -> None:
        """Let every commit from now on carry a signature of nobody's."""
        signer = self.marks.parent / "signer"
        signer.write_text(
            "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
            "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n"
        )
        signer.chmod(0o755)
        for key, value in (("gpg.program", str(signer)), ("commit.gpgSign", "true"), ("user.signingKey", "x")):
            self.repository.git("config", key, value)


def list_keys() -> list[str]:
    """Return every key of git's settings, with `evil` for what stands for a name."""
    listed = subprocess.run(["git", "help", "--config"], capture_output=True, text=True, check=True).stdout.split()
    keys = [
        key for key in [*listed, *MORE] if re.fullmatch(r"[A-Za-z][\w-]*(\.[^.\s]+)*\.[A-Za-z*<][A-Za-z0-9*<>-]*", key)
    ]
    assert len(keys) > 500, "git knows more"
    return list(dict.fromkeys(re.sub(r"<[^>]*>|\*", "evil", key) for key in keys))


@pytest.fixture
def trap(tmp_path: Path, environ: dict[str, str]) -> Trap:
    return Trap(tmp_path / "stranger", environ)


@pytest.mark.parametrize("key", TRAPS)
def test_the_trap_is_one(trap: Trap, key: str) -> None:
    trap.plant([key])
    (trap.path / "a").write_text("changed\n")
    subprocess.run(
        ["git", "-C", str(trap.path), *TRAPS[key]],
        env={**trap.repository.environ, "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"},
        input=b"url=https://example.org/\n\n",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert key in trap.seen()


def test_no_key_of_a_stranger_runs_anything(trap: Trap, environ: dict[str, str], tmp_path: Path) -> None:
    keys = list_keys()
    trap.plant(keys)
    home = find_home(trap.path)
    assert home
    assert list_settings(home, environ).count("\0") > 500, "git can read them"
    cache, notes = tmp_path / "cache", list[str]()

    def resolve(request: SourceRequest) -> str:
        source = resolve_source(request, cache=cache, environ=environ, note=notes.append)
        assert source.commit.sha == trap.head
        assert not source.commit.dirty
        return source.path

    resolve(SourceRequest(tree=str(trap.path)))
    made = resolve(SourceRequest(repo=str(trap.path), ref="master"))
    assert (Path(made) / "b").read_text() == "b\n"
    resolve(SourceRequest(repo=f"file://{trap.path}", ref=trap.head))
    checkout = find_checkout(trap.path, environ)
    assert checkout
    for ref in ("HEAD", "v9.9.9", "HEAD~1", "@{upstream}", "nothing"):
        checkout.find_commit(ref)
    checkout.find_like("master")
    assert checkout.find_base().sha == trap.head
    assert checkout.locate(trap.head)
    (trap.path / "a").write_text("changed\n")
    assert resolve_source(SourceRequest(tree=str(trap.path)), cache=cache, environ=environ, note=print).commit.dirty
    assert trap.seen() == []


@pytest.mark.parametrize("key", ["filter.evil.process", "filter.evil.smudge"])
def test_filters_of_the_user_do_not_run_for_a_stranger_who_names_them(
    trap: Trap, environ: dict[str, str], tmp_path: Path, key: str
) -> None:
    mine = tmp_path / "gitconfig"
    mine.write_text(f'[filter "evil"]\n{key.rpartition(".")[2]} = {trap.program(key)}\nrequired = true\n')
    environ = {**environ, "GIT_CONFIG_GLOBAL": str(mine)}
    for request in (SourceRequest(tree=str(trap.path)), SourceRequest(repo=str(trap.path), ref="HEAD")):
        source = resolve_source(request, cache=tmp_path / "cache", environ=environ, note=print)
        assert not source.commit.dirty
    assert trap.seen() == []


def test_a_submodule_is_read_as_carefully_and_its_files_count(
    trap: Trap, environ: dict[str, str], tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner", environ)
    inner.commit("inner", c="c\n")
    trap.repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "sub")
    trap.repository.git("-c", "commit.gpgSign=false", "commit", "--quiet", "-m", "with a submodule")
    evil = trap.program("filter.evil.process")
    git = trap.path / ".git" / "modules" / "sub"
    with (git / "config").open("a") as file:
        file.write(f'[filter "evil"]\nprocess = {evil}\n[core]\nfsmonitor = {trap.program("core.fsmonitor")}\n')
    (git / "info" / "attributes").write_text("* filter=evil\n")
    (trap.path / "sub" / "c").write_text("c\n")

    def changes() -> str:
        request = SourceRequest(tree=str(trap.path))
        return resolve_source(request, cache=tmp_path / "cache", environ=environ, note=print).commit.changes

    seen = [changes()]
    assert seen == [""]
    for content in ("d\n", "e\n"):
        (trap.path / "sub" / "c").write_text(content)
        seen.append(changes())
    (trap.path / "sub" / "new").write_text("")
    seen.append(changes())
    trap.repository.git("-C", "sub", "-c", "filter.evil.process=", "-c", "core.fsmonitor=", "checkout", "-q", "-f", ".")
    (trap.path / "sub" / "new").unlink()
    assert changes() == ""
    assert len(set(seen)) == 4
    for mark in trap.marks.iterdir():
        mark.unlink()  # of the checkout just now
    changes()
    assert trap.seen() == []


def test_what_a_partial_clone_lacks_is_not_fetched_by_its_own_transport(
    trap: Trap, environ: dict[str, str], tmp_path: Path
) -> None:
    trap.plant([])
    folder = tmp_path / "partial"
    trap.repository.git("-c", "uploadpack.allowFilter=true", "config", "uploadpack.allowFilter", "true")
    trap.repository.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{trap.path}", str(folder))
    partial = Repository.__new__(Repository)
    partial.path, partial.environ = folder, environ
    partial.git("config", "remote.origin.uploadpack", str(trap.program("uploadpack")))
    partial.git("config", "remote.origin.url", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(UnavailableError):
        request = SourceRequest(repo=str(folder), ref=trap.head)
        resolve_source(request, cache=tmp_path / "cache", environ=environ, note=print)
    assert trap.seen() == []


def test_no_verb_runs_a_program_of_the_tree_that_it_only_looks_at(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = Trap(kit.folder / "stranger", kit.environ | IDENTITY)
    trap.plant(list_keys())
    for name, value in kit.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(trap.path)
    weights = ("--dry-run", "--model", "tiny", "--weights", str(kit.weights))
    for words in (
        ["run", "--source", ".", *weights],
        ["run", "--repo", ".", "--ref", "master", *weights],
        ["ab", "HEAD", ".", *weights],
        ["sweep", "--source", ".", "--threads", "1,2", *weights],
    ):
        assert main(words) == 0, words
    assert trap.seen() == []


def test_a_git_that_is_late_is_not_taken_for_one_that_says_no(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper(tmp_path)
    (tmp_path / ".git").mkdir()
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("harness.system.git.LOCAL_TIMEOUT_S", 0.1)
    with pytest.raises(UnavailableError, match="git did not answer within"):
        probe_tree(tmp_path, environ={**environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"}, note=print)


def test_what_git_ignores_may_be_written_to_while_a_tree_is_built(environ: dict[str, str], tmp_path: Path) -> None:
    repository = Repository(tmp_path / "whisper.cpp", environ)
    tree = whisper(repository.path)
    for name in ("logs/server.log", "build-mine/x.o", ".idea/workspace.xml", "new.c"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("before")
    (tree / ".gitignore").write_text("build*/\n*.log\n.idea/\nnew.c\n")
    repository.commit("first")
    repository.git("add", "--force", "new.c")
    source = probe_tree(tree, environ=environ, note=print)
    looks = look_at_tree(source, environ=environ)
    for name in ("logs/server.log", "build-mine/x.o", ".idea/workspace.xml"):
        (tree / name).write_text("by another program")
    assert find_written(tree, looks) == ""
    (tree / "new.c").write_text("git knows it")
    assert find_written(tree, looks) == "new.c"


@pytest.mark.parametrize("name", [".gitignore", "docs/.gitattributes", ".git/refs/tags/x", ".git/packed-refs"])
def test_a_fifo_that_git_would_wait_for_is_named_at_once(environ: dict[str, str], tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path / "whisper.cpp", environ)
    whisper(repository.path)
    repository.commit("first", a="a\n")
    path = repository.path / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    requests = [SourceRequest(tree=str(repository.path))]
    if name.startswith(".git/refs"):
        requests.append(SourceRequest(repo=str(repository.path), ref="master"))
    for request in requests:
        with pytest.raises(UnreadableError, match="is a FIFO, not a file") as caught:
            resolve_source(request, cache=tmp_path / "cache", environ=environ, note=print)
        assert str(path) in caught.value.what
