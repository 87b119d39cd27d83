"""What the harness keeps inside the tree that it measures is no part of it; every other file is."""

import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.commands.request.build import resolve_source_request
from harness.commands.request.place import resolve_places
from harness.errors import UsageError
from harness.records.source import SourceRequest
from harness.settings.layer import layer_settings
from harness.system.source.resolve import resolve_source
from tests.flow.kit import Kit
from tests.flow.repository import Repository, whisper

RUN = "node-1/2026-11/20261126T101112Z-5f5fe951-0a1b2c3d"
SWEEP = "node-1/2026-11/20261126T101112Z-0a1b2c3d.sweep.json"


class Tree:
    """A tree with and without git, and what the harness calls it."""

    def __init__(self, path: Path, environ: dict[str, str], *, tracked: bool) -> None:
        self.path = whisper(path)
        self.tracked = tracked
        self.environ = environ
        self.flags = {"source": str(path), "cache": str(path.parent / "cache"), "results": str(path / "results")}
        (path / "src").mkdir()
        (path / "src" / "a.c").write_text("int a;\n")
        if tracked:
            self.git("init", "--quiet")
            self.commit()

    def git(self, *words: str) -> None:
        repository = Repository.__new__(Repository)
        repository.path, repository.environ = self.path, self.environ
        repository.git(*words)

    def commit(self) -> None:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message", "x")

    def write(self, *names: str, text: str = "x") -> None:
        for name in names:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)

    @property
    def id(self) -> str:
        settings = layer_settings(file={}, file_name="", environ={}, flags=self.flags)
        request: SourceRequest = resolve_source_request(settings, resolve_places(settings))
        cache = Path(self.flags["cache"])
        return resolve_source(request, cache=cache, environ=self.environ, note=print).id


@pytest.fixture(params=[True, False], ids=["git", "plain"])
def tree(request: pytest.FixtureRequest, tmp_path: Path, environ: dict[str, str]) -> Tree:
    return Tree(tmp_path / "whisper.cpp", environ, tracked=request.param)


def nested(tree: Tree) -> str:
    tree.flags["results"] = str(tree.path / "bench" / "out" / ".." / "results")
    return "bench/results"


def the_tree_itself(tree: Tree) -> str:
    tree.flags["results"] = str(tree.path)
    return "."


def among_sources(tree: Tree) -> str:
    tree.flags["results"] = str(tree.path / "src")
    return "src"


def of_an_earlier_place(tree: Tree) -> str:
    tree.flags["results"] = str(tree.path.parent / "results")
    return "old"


def a_repository_of_its_own(tree: Tree) -> str:
    tree.write("results/.keep")
    inner = Repository.__new__(Repository)
    inner.path, inner.environ = tree.path / "results", tree.environ
    inner.git("init", "--quiet")
    (tree.path / "results" / ".keep").unlink()
    return "results"


def committed(tree: Tree) -> str:
    tree.write(f"results/{RUN}/README.md")
    if tree.tracked:
        tree.commit()
    return "results"


def ignored(tree: Tree) -> str:
    tree.write(".gitignore", text="results/\n")
    if tree.tracked:
        tree.commit()
    return "results"


def default(_: Tree) -> str:
    return "results"


PLACES = (
    default,
    nested,
    the_tree_itself,
    among_sources,
    of_an_earlier_place,
    a_repository_of_its_own,
    committed,
    ignored,
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_results_are_no_part_of_the_tree_and_all_else_is(tree: Tree, place: Callable[[Tree], str]) -> None:
    folder = place(tree)
    before = tree.id
    tree.write(f"{folder}/{RUN}/README.md", f"{folder}/{RUN}/run.json", f"{folder}/{RUN}.partial/logs/1.log")
    tree.write(f"{folder}/{SWEEP}", f"{folder}/.import-ab/lock", "harness.toml", text="y")
    assert tree.id == before
    tree.write("src/b.c")
    added = tree.id
    assert added != before
    tree.write("src/b.c", text="z")
    assert tree.id not in (before, added)
    (tree.path / "src" / "b.c").unlink()
    assert tree.id == before
    tree.write("src/a.c", text="int b;\n")
    assert tree.id != before


def test_links_to_results_and_cache_elsewhere_are_no_part_of_it(tree: Tree) -> None:
    before = tree.id
    elsewhere = tree.path.parent / "elsewhere"
    elsewhere.mkdir()
    for name in ("results", "cache"):
        (tree.path / name).symlink_to(elsewhere)
        tree.flags[name] = str(tree.path / name / "deeper")
    assert tree.id == before
    (tree.path / "src" / "link.c").symlink_to("a.c")
    assert tree.id != before


def test_a_cache_in_the_tree_is_no_part_of_it_and_cannot_be_it(tree: Tree) -> None:
    before = tree.id
    tree.flags["cache"] = str(tree.path / "bench" / "cache")
    tree.write("bench/cache/builds/x/CMakeLists.txt", "bench/cache/sources/y/tree/src/a.c")
    assert tree.id == before
    tree.write("bench/a.c")
    assert tree.id != before
    tree.flags["cache"] = str(tree.path)
    with pytest.raises(UsageError, match="the cache cannot be the source tree itself") as caught:
        _ = tree.id
    assert caught.value.exit_code == 2


def test_a_worktree_in_the_tree_counts_by_its_files(tmp_path: Path, environ: dict[str, str]) -> None:
    tree = Tree(tmp_path / "whisper.cpp", environ, tracked=True)
    tree.git("worktree", "add", "--quiet", "--detach", "wt")
    seen = [tree.id]
    tree.write(f"wt/results/{RUN}/run.json", "wt/build/ignored.o")
    assert tree.id == seen[0]
    tree.write("wt/new.c")
    seen.append(tree.id)
    assert seen[0] != seen[1]
    tree.write("wt/src/a.c", text="int b;\n")
    assert tree.id not in seen


def test_temporary_files_in_the_tree_are_no_part_of_it(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree.id
    tree.write("tmp/whisper-harness-node.lock")
    monkeypatch.setattr(tempfile, "tempdir", str(tree.path / "tmp"))
    assert tree.id == before


def test_the_harness_as_a_submodule_is_no_part_of_it_but_its_commit_is(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = Tree(tmp_path / "whisper.cpp", environ, tracked=True)
    inner = Repository(tmp_path / "inner", environ)
    (inner.path / "third_party").mkdir()
    (inner.path / "third_party" / "sources.toml").write_text("")
    inner.commit("x")
    tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "bench")
    tree.commit()
    monkeypatch.setattr("harness.run.places.__file__", str(tree.path / "bench" / "harness" / "run" / "places.py"))
    before = tree.id
    tree.write("bench/env/x.py", "bench/results.txt")
    assert tree.id == before
    tree.write("bench/third_party/sources.toml")
    assert tree.id != before


def test_the_harness_itself_in_the_tree_is_no_part_of_it(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree.id
    tree.write("bench/harness/run/places.py", "bench/third_party/sources.toml", "bench/.venv/run/bin/python")
    tree.write("bench/harness/__pycache__/x.pyc", "env/lib/python3/site-packages/x.py", "bench.txt")
    monkeypatch.setattr("harness.run.places.__file__", str(tree.path / "bench" / "harness" / "run" / "places.py"))
    monkeypatch.setattr("sys.prefix", str(tree.path / "env"))
    assert tree.id != before
    (tree.path / "bench.txt").unlink()
    assert tree.id == before


def test_a_run_in_the_tree_leaves_it_clean_and_can_be_resumed(kit: Kit) -> None:
    kit.commit_tree()
    kit.results, kit.cache = kit.tree / "results", kit.tree / "bench" / "cache"
    kit.break_tools({"whisper-bench -m": {"sleep": 30}})
    child = kit.start(*kit.words("--no-tests", "--bench", "whisper", "--repetitions", "1"))
    kit.wait_for_model()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=120)
    kit.break_tools({})
    done = kit.harness("run", "--resume")
    assert done.returncode == 0, done.stderr
    assert not kit.only_run().source.commit.dirty
    tree = resolve_source(SourceRequest(tree=str(kit.tree)), cache=kit.cache, environ=kit.environ, note=print)
    assert tree.commit.dirty, "only who knows of the cache leaves it out"
