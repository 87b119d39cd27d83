"""git: remotes and refs that are gone, and trees in states that git allows."""

import os
import shutil
import subprocess
from collections.abc import Iterator

from harness.store.bundle import load_run
from tests.faults.fault import FINE, PASSED, Deed, Deviation, Family, Fault, Kind, Look, Seen, refuses
from tests.faults.stage import SHORT, Stage

_IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")

_WITH_SUBMODULE = (
    ("clone", "-q", "@/whisper.cpp", "@/other"),
    ("submodule", "add", "-q", "@/other", "sub"),
    ("commit", "-qm", "sub"),
)


class Repository(Deed):
    """The kit's tree is a repository `upstream` too, changed by these git commands; then by `after` in the tree."""

    commands: tuple[tuple[str, ...], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()

    def strike(self, stage: Stage) -> None:
        stage.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        stage.kit.commit_tree()
        for command in self.commands:
            words = [word.replace("@", str(stage.kit.folder)) for word in command]
            environ = {**stage.kit.environ, **stage.environ}
            subprocess.run(
                ["git", "-C", str(stage.kit.tree), *_IDENTITY, *words], env=environ, check=True, capture_output=True
            )
        for name, text in self.files:
            path = stage.kit.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for name in self.remove:
            for path in stage.kit.folder.glob(name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def _tree(name: str, what: str, *deeds: Deed, seen: Seen, sample: bool = False, words: tuple[str, ...] = ()) -> Fault:
    where = "the tree's repository"
    words = words or ("run", *SHORT)
    return Fault(
        family=Family.GIT, name=name, where=where, what=what, deeds=deeds, seen=seen, words=words, sample=sample
    )


def _remote(name: str, what: str, repo: str, ref: str, seen: Seen, *deeds: Deed, sample: bool = False) -> Fault:
    # The shortest run of a commit: `@W` is the file of weights.
    words = ("run", *SHORT, "--model", "tiny", "--weights", "@W", "--repo", repo, f"--ref={ref}")
    return Fault(
        family=Family.GIT,
        name=name,
        where="the remote",
        what=what,
        deeds=deeds or (Repository(),),
        seen=seen,
        words=words,
        sample=sample,
    )


def _remotes() -> Iterator[Fault]:
    yield _remote("well", "nothing: the remote is there", "@/whisper.cpp", "HEAD", FINE)
    yield _remote("gone", "there is no such folder", "@/nowhere", "master", refuses(2, "there is no folder"))
    yield _remote("no-repository", "the folder is no repository", "@/cache", "HEAD", refuses(4, "cannot be read"))
    yield _remote(
        "closed-port",
        "nobody listens",
        "http://127.0.0.1:9/x.git",
        "HEAD",
        refuses(4, "cannot be reached"),
        sample=True,
    )
    yield _remote("no-ref", "no such tag, branch or commit", "@/whisper.cpp", "v0.0.0", refuses(2, "has no tag"))
    yield _remote("no-sha", "no such commit", "@/whisper.cpp", "0123456789" * 4, refuses(2, "has no tag"))
    yield _remote("option", "a ref that looks like an option", "@/whisper.cpp", "--upload-pack=x", Seen(codes=(2,)))
    yield _remote("ext", "a transport that runs programs", "ext::sh -c x", "HEAD", refuses(2, "neither"))
    for name, pattern in (
        ("objects", "whisper.cpp/.git/objects/*/*"),
        ("head", "whisper.cpp/.git/HEAD"),
        ("refs", "whisper.cpp/.git/refs/heads/*"),
    ):
        yield _remote(
            f"broken-{name}",
            f"its {name} are gone",
            "@/whisper.cpp",
            "HEAD",
            Seen(codes=(2, 4)),
            Repository(remove=(pattern,)),
        )
    yield _remote(
        "no-whisper",
        "the commit is not whisper.cpp",
        "@/whisper.cpp",
        "HEAD",
        refuses(2, "whisper"),
        Repository(commands=(("rm", "-q", "include/whisper.h"), ("commit", "-qm", "gone"))),
    )
    yield _remote(
        "submodule",
        "the commit has a submodule",
        "@/whisper.cpp",
        "HEAD",
        FINE,
        Repository(commands=_WITH_SUBMODULE),
    )
    yield _remote(
        "link-out",
        "the commit has a link out of the tree",
        "@/whisper.cpp",
        "HEAD",
        FINE,
        Linked(),
    )
    yield _remote(
        "hook",
        "the remote has hooks that write",
        "@/whisper.cpp",
        "HEAD",
        FINE,
        Repository(files=(("whisper.cpp/.git/hooks/post-checkout", "#!/bin/sh\ntouch /tmp/evil\n"),)),
    )
    shallow = Repository(
        commands=(
            ("tag", "v1"),
            ("commit", "-qm", "second", "--allow-empty"),
            ("clone", "-q", "--depth=1", "file://@/whisper.cpp", "@/shallow"),
        )
    )
    yield _remote("shallow", "it is a shallow clone", "@/shallow", "HEAD", FINE, shallow, sample=True)
    yield _remote(
        "shallow-older",
        "it is a shallow clone without the tag",
        "@/shallow",
        "v1",
        refuses(2, "shallow clone"),
        shallow,
    )
    yield _remote(
        "clone-broken",
        "the clone in the cache is damaged",
        "@/whisper.cpp",
        "HEAD",
        Seen(codes=(0, 3, 4), status=PASSED),
        Repository(files=tuple((f"cache/repositories/{name}", "x") for name in ("x.git",))),
    )


class Linked(Repository):
    """A link to a file outside is committed."""

    def strike(self, stage: Stage) -> None:
        (stage.kit.tree / "evil").symlink_to("/etc/passwd")
        super().strike(stage)


class Planted(Look):
    """The tree's own git is told to run a program that leaves a mark; nothing of it may run, and the run is as ever.

    `settings` are lines of its file of settings, in which `!` is the program; `sub` puts them into a submodule.
    """

    settings: str
    words: tuple[str, ...]
    sub: bool = False

    def look(self, stage: Stage) -> Iterator[Deviation]:
        mark, program = stage.kit.folder / "mark", stage.kit.folder / "evil"
        program.write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
        program.chmod(0o755)
        (stage.kit.tree / ".gitattributes").write_text("* filter=evil diff=evil\n")
        git = stage.kit.tree / ".git"
        Repository(commands=_WITH_SUBMODULE if self.sub else ()).strike(stage)
        git = git / "modules" / "sub" if self.sub else git
        with (git / "config").open("a") as file:
            file.write(self.settings.replace("!", str(program)))
        (git / "hooks").mkdir(exist_ok=True)
        for name in ("post-checkout", "post-index-change", "reference-transaction"):
            (git / "hooks" / name).symlink_to(program)
        # As if somebody had touched them: what they hold must be looked at.
        for path in (stage.kit.tree / "CMakeLists.txt", *stage.kit.tree.glob("sub/CMakeLists.txt")):
            path.write_text(path.read_text())
        done = stage.call(self.words)
        if done.code:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        if mark.exists():
            yield Deviation(kind=Kind.WRONG, what="a program of the tree has run")
        if any(load_run(path).source.commit.dirty for path in stage.sealed()):
            yield Deviation(kind=Kind.WRONG, what="the tree counts as changed")


class Inside(Look):
    """Results and cache lie in the tree; a second run must find it as it was, and a new file must be seen."""

    def look(self, stage: Stage) -> Iterator[Deviation]:
        Repository().strike(stage)
        stage.environ |= {"HARNESS_RESULTS": "@", "HARNESS_CACHE": "@/bench/cache"}
        stage.environ = {name: value.replace("@", str(stage.kit.tree)) for name, value in stage.environ.items()}
        for _ in range(2):
            done = stage.call(("run", *SHORT))
            if done.code:
                yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        (stage.kit.tree / "new.c").write_text("x")
        stage.call(("run", *SHORT))
        bundles = sorted(path.parent for path in stage.kit.tree.glob("node-1/*/*/run.json"))
        seen = [load_run(path).source.commit.dirty for path in bundles]
        if seen != [False, False, True]:
            yield Deviation(kind=Kind.WRONG, what=f"dirty: {seen}")


def _look(name: str, what: str, deed: Look, *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.GIT,
        name=name,
        where="the tree's repository",
        what=what,
        deeds=(deed,),
        seen=Seen(),
        words=(),
        sample=sample,
    )


_FILTER = '[filter "evil"]\nprocess = ! process\nclean = ! clean\nsmudge = ! smudge\nrequired = true\n'
_MANY = (
    "[core]\nfsmonitor = !\npager = !\nhooksPath = hooks\nsshCommand = !\n[diff]\nexternal = !\n"
    '[diff "evil"]\ntextconv = !\ncommand = !\n[log]\nshowSignature = true\n[gpg]\nprogram = !\n'
    '[uploadpack]\npackObjectsHook = !\n[alias]\nlog = "\\!!"\n[credential]\nhelper = !\n'
)
_PLANTED = (
    _look("filter-tree", "its settings name a filter", Planted(settings=_FILTER, words=("run", *SHORT)), sample=True),
    _look("many-tree", "its settings name other programs", Planted(settings=_MANY, words=("run", *SHORT))),
    _look(
        "filter-submodule",
        "a submodule's settings name a filter",
        Planted(settings=_FILTER + "[core]\nfsmonitor = !\n", words=("run", *SHORT), sub=True),
    ),
    *(
        _look(
            f"{name}-remote",
            f"it is measured by --repo, and its settings name {what}",
            Planted(
                settings=settings,
                words=("run", *SHORT, "--model", "tiny", "--weights", "@W", "--repo", "@/whisper.cpp", "--ref=HEAD"),
            ),
        )
        for name, what, settings in (("filter", "a filter", _FILTER), ("many", "other programs", _MANY))
    ),
    _look(
        "many-ab",
        "it is compared with its own past, and its settings name programs",
        Planted(settings=_FILTER + _MANY, words=("ab", "HEAD", "fa=1", "--dry-run")),
    ),
    _look("results-inside", "results and cache lie in it", Inside()),
)


class Piped(Repository):
    """A FIFO lies where git would wait for a file."""

    name: str = ""

    def strike(self, stage: Stage) -> None:
        super().strike(stage)
        os.mkfifo(stage.kit.tree / self.name)


_PIPED = tuple(
    _tree(f"fifo-{name}", f"{path} is a FIFO", Piped(name=path), seen=refuses(5, "is a FIFO"), sample=sample)
    for name, path, sample in (("ignore", "include/.gitignore", True), ("ref", ".git/refs/tags/x", False))
)

FAULTS = (
    *_remotes(),
    *_PIPED,
    *_PLANTED,
    _tree("clean", "nothing: the tree is a clean checkout", Repository(), seen=FINE),
    _tree(
        "dirty",
        "a file has changed",
        Repository(files=(("whisper.cpp/CMakeLists.txt", 'project("whisper.cpp")\n'),)),
        seen=FINE.replace(caveat="dirty"),
        sample=True,
    ),
    _tree(
        "untracked",
        "there is a new file",
        Repository(files=(("whisper.cpp/new.c", "x"),)),
        seen=FINE.replace(caveat="dirty"),
    ),
    _tree(
        "staged", "a new file is staged", Repository(files=(("whisper.cpp/a", "x"),)), seen=FINE.replace(caveat="dirty")
    ),
    *(
        _tree(
            name,
            f"a file has changed that git was told not to look at (--{name})",
            Repository(
                commands=(("update-index", f"--{name}", "include/whisper.h"),),
                files=(("whisper.cpp/include/whisper.h", "#define OTHER\n"),),
            ),
            seen=FINE.replace(caveat="dirty"),
        )
        for name in ("assume-unchanged", "skip-worktree")
    ),
    _tree(
        "replaced",
        "refs/replace has another commit stand for the one that is checked out",
        Repository(
            commands=(
                ("mv", "include/whisper.h", "whisper.h"),
                ("commit", "-qm", "second"),
                ("replace", "HEAD~1", "HEAD"),
                ("checkout", "-q", "HEAD~1"),
            )
        ),
        seen=FINE.replace(caveat="dirty"),
    ),
    _tree("detached", "the head is no branch", Repository(commands=(("checkout", "-q", "--detach"),)), seen=FINE),
    _tree(
        "unborn",
        "there is no commit",
        Repository(commands=(("checkout", "-q", "--orphan", "x"),)),
        seen=FINE.replace(caveat="dirty"),
    ),
    _tree(
        "objects-gone",
        "its objects are gone",
        Repository(remove=("whisper.cpp/.git/objects/*/*",)),
        seen=Seen(codes=(0, 4), caveat="dirty", status=PASSED),
    ),
    _tree(
        "index-broken",
        "its index is garbage",
        Repository(files=(("whisper.cpp/.git/index", "garbage"),)),
        seen=Seen(codes=(0, 4), caveat="dirty", status=PASSED),
    ),
    _tree(
        "index-locked",
        "another git holds the index",
        Repository(files=(("whisper.cpp/.git/index.lock", ""),)),
        seen=FINE,
    ),
    _tree(
        "git-file-broken",
        ".git is a file of nonsense",
        Repository(remove=("whisper.cpp/.git",), files=()),
        seen=FINE.replace(caveat="dirty"),
    ),
    _tree("merge", "a merge is under way", Repository(files=(("whisper.cpp/.git/MERGE_HEAD", "0" * 40),)), seen=FINE),
    _tree(
        "no-header",
        "the tree is not whisper.cpp",
        Repository(remove=("whisper.cpp/include/whisper.h",)),
        seen=refuses(2, "whisper"),
    ),
    _tree("tree-gone", "the tree is not there", Repository(remove=("whisper.cpp",)), seen=refuses(2, "not a folder")),
)
