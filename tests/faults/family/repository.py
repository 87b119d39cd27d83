"""git: remotes and refs that are gone, and trees in states that git allows."""

import os
import shutil
import subprocess
from collections.abc import Iterator

from tests.faults.fault import FINE, PASSED, Deed, Family, Fault, Seen, refuses
from tests.faults.stage import SHORT, Stage

_IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")


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
    yield _remote("gone", "there is no such folder", "@/nowhere", "master", refuses(2, "is not there"))
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
        Repository(
            commands=(
                ("clone", "-q", "@/whisper.cpp", "@/other"),
                ("submodule", "add", "-q", "@/other", "sub"),
                ("commit", "-qm", "sub"),
            )
        ),
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


FAULTS = (
    *_remotes(),
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
