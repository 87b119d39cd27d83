"""`harness ab` in a checkout of whisper.cpp that somebody works in: compared with its own past, never written to."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.commands.request.place import resolve_places
from harness.commands.request.trial import resolve_lineup
from harness.errors import UsageError
from harness.settings.layer import layer_settings
from harness.store.bundle import load_run
from harness.trial.lineup import resolve_sides
from tests.flow.kit import Kit
from tests.flow.repository import NOWHERE, Clone, Repository, whisper
from tests.flow.test_flow_trial import sides


def snapshot(repository: Repository) -> dict[str, tuple[int, bytes]]:
    """Return all that git keeps: nobody may have written to it."""
    files = (path for path in sorted((repository.path / ".git").rglob("*")) if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


class Home:
    """The command line inside a clone of the made-up tree, with fake tools."""

    def __init__(
        self, kit: Kit, clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.kit = kit
        self.clone = clone
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def harness(self, *words: str, inside: str = "", environ: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error of a command called in a folder of the clone."""
        variables = {**self.kit.environ, **(environ or {})}
        with self.monkeypatch.context() as setup:
            for name in set(os.environ) - variables.keys():
                setup.delenv(name)
            for name, value in variables.items():
                setup.setenv(name, value)
            setup.setattr(tempfile, "tempdir", str(self.kit.temporary))  # where the node's lock lies
            setup.chdir(self.clone.path / inside)
            try:
                code = main(words)
            except SystemExit as left:  # argparse refuses
                code = int(left.code or 0)
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def ab(self, *words: str, inside: str = "", environ: dict[str, str] | None = None) -> tuple[int, str, str]:
        given = ["ab", *words, "--model", "tiny", "--weights", str(self.kit.weights), "--threads", "2"]
        given += ["--metric", "encode", "--engine", "bench"]
        return self.harness(*given, inside=inside, environ=environ)

    def line_up(self, *words: str, inside: str = "", **flags: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return ref, repo and source of each side as they are settled, baseline first."""
        settings = layer_settings(file={}, file_name="", environ={}, flags=flags)
        with self.monkeypatch.context() as setup:
            setup.chdir(self.clone.path / inside)
            lineup = resolve_lineup(settings, resolve_places(settings), words)
            baseline, contender = resolve_sides(lineup, self.clone.environ, lambda _: None)
        return baseline.named, contender.named

    def commit_of(self, revision: str) -> dict[str, str]:
        """Return the side that a commit of the clone is."""
        return {"ref": self.clone.git("rev-parse", f"{revision}^{{commit}}"), "repo": str(self.clone.path)}

    def edit(self, text: str = "// slower\n") -> None:
        (self.clone.path / "src" / "whisper.cpp").write_text(text)


@pytest.fixture
def home(kit: Kit, clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Home:
    kit.set_speed(0.005, **{str(clone.path): 1.2})
    return Home(kit, clone, monkeypatch, capsys)


def test_a_branch_with_changes_is_compared_with_where_it_began(home: Home) -> None:
    base = home.clone.git("rev-parse", "HEAD")
    home.clone.git("checkout", "--quiet", "-b", "mine")
    head = home.clone.commit("mine", c="c\n")
    home.edit()
    # As an editor or a checkout of an hour ago leaves it: git would like to note that nothing changed.
    os.utime(home.clone.path / "a", (1, 1))
    before = snapshot(home.clone)
    code, out, err = home.ab(inside="src")
    assert code == 20, err
    assert "REGRESSED" in out
    assert f"baseline   merge base with origin/master ({base[:8]} from {home.clone.path})" in out
    assert f"contender  the tree ({home.clone.path}, {head[:8]} with uncommitted changes)" in out
    assert f"{home.clone.path} as it is now: {head[:8]}, 1 commit of its own, with uncommitted changes" in err
    baseline, contender = sides(home.kit)
    assert (baseline.source.commit.sha, baseline.source.kind) == (base, "git")
    assert not (Path(baseline.source.path) / "c").exists()
    assert (contender.source.path, contender.source.commit.sha) == (str(home.clone.path), head)
    assert contender.source.commit.dirty
    assert snapshot(home.clone) == before, "nothing was written to the repository"


def test_the_last_commit_against_the_tree_from_a_folder_of_it(home: Home) -> None:
    home.clone.commit("mine", c="c\n")
    home.edit()
    code, out, err = home.ab("HEAD", ".", inside="src")
    assert code == 20, err
    head = home.clone.git("rev-parse", "HEAD")
    assert f"baseline   HEAD ({head[:8]} from {home.clone.path})" in out
    assert f"HEAD is {head[:8]}, found in {home.clone.path}\n" in err
    baseline, contender = sides(home.kit)
    assert (baseline.source.commit.sha, baseline.source.commit.dirty) == (head, False)
    assert Path(contender.source.path) == home.clone.path


def test_two_branches_and_a_tag_without_the_network(home: Home) -> None:
    old, feature = (home.clone.git("rev-parse", ref) for ref in ("v1.0.0", "origin/feature"))
    code, out, err = home.ab("v1.0.0", "feature", "--max-time", "0.5s")
    assert code == 0, err
    assert f"feature is {feature[:8]}, found in {home.clone.path}, as origin/feature" in err
    assert f"baseline   v1.0.0 ({old[:8]} from {home.clone.path})" in out
    assert f"contender  feature ({feature[:8]} from {home.clone.path})" in out
    baseline, contender = sides(home.kit)
    assert (baseline.source.commit.release, contender.source.commit.sha) == ("v1.0.0", feature)
    assert (Path(contender.source.path) / "b").is_file()


def test_a_ref_beside_a_tree_is_looked_up_there_from_anywhere(home: Home, upstream: Repository) -> None:
    """The folder around is another checkout, with another HEAD."""
    upstream.git("checkout", "--quiet", "feature")
    other = Home(home.kit, Clone(home.clone.path.parent / "other", upstream), home.monkeypatch, home.capsys)
    assert other.line_up("HEAD", "../whisper.cpp") == (home.commit_of("HEAD"), {"source": "../whisper.cpp"})
    assert other.line_up(str(home.clone.path), "HEAD") == ({"source": str(home.clone.path)}, home.commit_of("HEAD"))
    assert other.line_up("HEAD", "fa=1", source="../whisper.cpp") == (home.commit_of("HEAD"), {})
    plain = whisper(home.clone.path.parent / "plain")
    assert other.line_up("HEAD", str(plain))[0] == other.commit_of("HEAD"), "else in the checkout around"


def test_a_linked_worktree_has_a_head_of_its_own(home: Home, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    home.clone.git("worktree", "add", "--quiet", "--detach", str(linked), "v1.0.0")
    (linked / "src" / "whisper.cpp").write_text("// 2\n")
    before = snapshot(home.clone)
    old = home.clone.git("rev-parse", "v1.0.0")
    assert home.line_up("HEAD", str(linked)) == ({"ref": old, "repo": str(linked)}, {"source": str(linked)})
    code, out, err = home.ab("HEAD", str(linked), "--dry-run")
    assert code == 0, err
    assert "source   v1.0.0  " in out
    assert re.search(rf"^source   v1\.0\.0 \+ changes  {linked}$", out, re.MULTILINE)
    assert snapshot(home.clone) == before


def test_on_the_default_branch_changes_are_compared_with_its_head(home: Home) -> None:
    code, _, err = home.ab()
    assert code == 2
    assert f"nothing to compare in {home.clone.path}" in err
    home.edit()
    assert home.line_up(inside="src") == (home.commit_of("HEAD"), {"source": str(home.clone.path)})


def test_what_the_harness_leaves_in_the_tree_is_no_change(home: Home) -> None:
    inside = {"HARNESS_RESULTS": "", "HARNESS_CACHE": "cache"}
    home.edit()
    assert home.ab(environ=inside)[0] == 20
    first = {path.name for path in (home.clone.path / "results" / "node-1").glob("*/*")}
    assert len(first) == 2
    home.clone.git("checkout", "--", "src")
    with pytest.raises(UsageError, match="nothing to compare"):
        home.line_up(cache=str(home.clone.path / "cache"))
    (home.clone.path / "notes").mkdir()
    (home.clone.path / "notes" / "x.c").write_text("an untracked file is a change")
    assert home.line_up(cache=str(home.clone.path / "cache"))


def test_a_run_inside_the_tree_is_not_disturbed_by_its_own_results(home: Home) -> None:
    inside = {"HARNESS_RESULTS": "", "HARNESS_CACHE": "cache"}
    words = ["run", "--source", ".", "--model", "tiny", "--weights", str(home.kit.weights), "--repetitions", "1"]
    words += ["--bench", "whisper", "--no-tests"]
    for _ in range(2):
        code, _, err = home.harness(*words, environ=inside)
        assert code == 0, err
    home.kit.break_tools({"whisper-bench -m": {"exit": 3}})
    code, _, err = home.harness(*words, environ=inside)
    assert code == 12, err
    for path in (home.clone.path / "results" / "node-1").glob("*/*"):
        stored = load_run(path)
        assert not stored.source.commit.dirty
        assert not {"dirty", "source-changed"} & {caveat.code for caveat in stored.caveats}


def test_settings_of_a_side_go_with_the_checkout(home: Home) -> None:
    code, out, err = home.ab("--contender-config", "GGML_LLAMAFILE=ON", "--dry-run")
    assert code == 0, err
    assert out.count("-DGGML_LLAMAFILE=ON") == 1, "a clean tree differs by its options"
    code, _, err = home.ab("--contender-config", "v1.0.0")
    assert (code, "without sides, the checkout decides what is measured" in err) == (2, True)


def test_sides_that_name_no_source_are_not_the_checkout(home: Home) -> None:
    environ = {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    _, _, err = home.ab("fa=0", "fa=1", "--dry-run", environ=environ)
    hint = f"both sides use the default release; to measure {home.clone.path} instead: --source {home.clone.path}"
    assert hint in err
    _, _, err = home.ab("fa=0", "fa=1", "--dry-run", "--source", ".", environ=environ)
    assert "both sides are" not in err


def test_what_a_checkout_lacks_is_looked_for_upstream(home: Home) -> None:
    environ = {"https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    code, _, err = home.ab("v1.0.1", ".", environ=environ)
    assert code == 4, err
    assert f"v1.0.1 is not in {home.clone.path} (similar: v1.0.0); trying upstream" in err
    assert home.line_up("fa=0", "fa=1", ref="HEAD~1") == (home.commit_of("HEAD~1"),) * 2
    code, _, err = home.harness("build", "--ref", "feature", "--dry-run", environ=environ)
    feature = home.clone.git("rev-parse", "origin/feature")
    assert (code, f"try:   --repo {home.clone.path} --ref {feature}" in err) == (4, True), err
    code, _, err = home.harness("build", "--repo", ".", "--ref", feature, "--dry-run", environ=environ)
    assert code == 0, err


@pytest.mark.parametrize(
    ("words", "flags", "what", "hint"),
    [
        (["HEAD"], {}, "ab needs two sides, not 1: HEAD", "harness ab HEAD ."),
        (["."], {}, "ab needs two sides, not 1: .", "harness ab HEAD ."),
        (["fa=1"], {}, "ab needs two sides, not 1: fa=1", "harness ab HEAD ~/whisper.cpp"),
        (["a", "b", "c"], {}, "ab needs two sides, not 3: a b c", "harness ab HEAD ~/whisper.cpp"),
        ([".", "."], {"repo": "."}, "--repo would have no effect", "leave out --repo, or name a ref"),
        ([".", "HEAD"], {"ref": "v1"}, "--ref would have no effect", "leave out --ref"),
        (["HEAD", "HEAD~1"], {"source": "."}, "--source would have no effect", "leave out --source"),
        ([], {"repo": "."}, "--repo would have no effect", "leave out --repo"),
        (["source=.,repo=.", "HEAD"], {}, "a local tree cannot have a repo", "one of the two"),
        (["copy", "."], {}, "'copy' is ambiguous", "./copy for the tree, ref=copy"),
        (["v1.8.5", "."], {}, "'v1.8.5' is ambiguous", "./v1.8.5 for the tree, ref=v1.8.5"),
        ([], {"source": "/"}, "ab needs two sides", "harness ab HEAD ~/whisper.cpp"),
        (["HEAD~99", "."], {}, "has no commit 'HEAD~99'", "log --oneline --all"),
        (["FETCH_HEAD", "."], {}, "has no commit 'FETCH_HEAD'", "log --oneline --all"),
    ],
)
def test_what_cannot_be_compared(home: Home, words: list[str], flags: dict[str, str], what: str, hint: str) -> None:
    home.clone.git("branch", "copy")
    for name in ("copy", "v1.8.5"):
        whisper(home.clone.path / name)
    with pytest.raises(UsageError, match=re.escape(what)) as told:
        home.line_up(*words, **flags)
    assert hint in told.value.hint


def test_a_folder_that_bears_the_name_of_a_ref(home: Home) -> None:
    home.clone.git("branch", "src", "v1.0.0")
    home.clone.git("branch", "copy", "v1.0.0")
    whisper(home.clone.path / "copy")
    assert home.line_up("src", ".")[0] == home.commit_of("v1.0.0"), "no tree of whisper.cpp"
    assert home.line_up("ref=copy", ".")[0] == home.commit_of("v1.0.0")
    assert home.line_up("./copy", ".")[0] == {"source": "./copy"}
    assert home.line_up("source=copy", ".")[0] == {"source": "copy"}
    home.clone.git("branch", "-D", "copy")
    assert home.line_up("copy", ".")[0] == {"source": "copy"}


def test_repo_is_for_the_side_that_is_a_ref(home: Home, upstream: Repository) -> None:
    upstream.git("checkout", "--quiet", "feature")
    code, out, err = home.ab("HEAD", ".", "--repo", str(upstream.path), "--dry-run")
    assert code == 0, err
    assert f"source   {upstream.git('rev-parse', 'feature')[:8]}  " in out
    assert f"source   {home.clone.git('rev-parse', 'HEAD')[:8]}  {home.clone.path}" in out


def test_sides_may_stand_around_options(home: Home) -> None:
    code, _, err = home.harness("ab", "HEAD", "--dry-run", ".", "--model", "tiny", "--no-such")
    assert (code, "unknown option --no-such" in err) == (2, True)
    code, _, err = home.harness("ab", "HEAD", "--model", "tiny", ".", "--dry-run", "--weights", str(home.kit.weights))
    assert code == 0, err
    code, _, err = home.harness("build", "--dry-run", "x")
    assert (code, "unexpected argument 'x'" in err) == (2, True)


def test_nothing_of_the_checkout_is_run(home: Home, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {trap}\ncat\n')
    program.chmod(0o755)
    (home.clone.path / ".gitattributes").write_text("a filter=x\n")
    home.clone.commit("attributes")
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        (home.clone.path / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(program, home.clone.path / ".git" / "hooks" / hook)
    for key in ("core.fsmonitor", "uploadpack.packObjectsHook", "filter.x.smudge", "core.sshCommand", "core.pager"):
        home.clone.git("config", key, str(program))
    trap.unlink(missing_ok=True)
    home.edit()
    assert home.ab("HEAD", ".")[0] == 20
    assert home.ab("HEAD~1", "feature", "--dry-run")[0] == 0
    assert not trap.exists(), trap.read_text()


def test_a_partial_clone_is_completed_from_where_it_was_cloned(
    home: Home, upstream: Repository, tmp_path: Path
) -> None:
    clone = Clone(tmp_path / "partial", upstream, "--filter=blob:none")
    upstream.commit("fourth", a="changed\n")
    clone.fetch(upstream)
    home.clone = clone
    code, _, err = home.ab("origin/master", ".", "--dry-run")
    assert (code, f"{NOWHERE} cannot be reached" in err) == (4, True), err
    clone.git("remote", "set-url", "origin", f"file://{upstream.path}")
    code, out, err = home.ab("origin/master", ".", "--dry-run")
    assert code == 0, err
    found = re.search(r"^source .*  (\S+)$", out, re.MULTILINE)
    assert found
    assert (Path(found[1]) / "a").read_text() == "changed\n"
