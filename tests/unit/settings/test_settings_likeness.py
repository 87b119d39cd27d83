"""The settings of a run like another one."""

import pytest

from harness.errors import UnavailableError, UsageError
from harness.records.run import GGML_CI, Run, SettingOrigin, SettingUsed
from harness.records.weights import WeightsKind
from harness.settings.layer import Settings, layer_settings
from harness.settings.likeness import take_likeness
from tests import factory

REMOTE = "https://github.com/ggml-org/whisper.cpp"


def here(**flags: object) -> Settings:
    environ = {"HARNESS_TOOLS": "/here/tools", "HARNESS_MODEL": "large-v3"}
    return layer_settings(file={}, file_name="", environ=environ, flags=flags)


def was(**settings: str) -> Run:
    used = (SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in settings.items())
    return factory.run().replace(settings=tuple(used))


def test_what_decides_is_taken_and_what_is_of_a_computer_is_not() -> None:
    run = was(isa="avx2", tools="/there/tools", compiler="/there/gcc", precision="0.01", define="GGML_X=1,GGML_Y=2")
    run = run.replace(suite=run.suite.replace(threads=(1, 2), flash_attn=(0, 1), seed=77))
    found = take_likeness(run, here(), factory.cores(), same_tree=False).settings
    assert (found.text("isa"), found.words("define")) == ("avx2", ("GGML_X=1", "GGML_Y=2"))
    assert (found.text("tools"), found.text("compiler")) == ("/here/tools", here().text("compiler"))
    assert (found.words("threads"), found.words("flash_attn")) == (("1", "2"), ("0", "1"))
    assert (found.number("seed"), found.number("precision")) == (77, 0.01)
    assert found.text("ref") == run.source.commit.sha[:12]
    assert found.words("model") == run.suite.models, "variables and files do not say what is measured"


def test_what_the_command_line_says_wins_and_is_said() -> None:
    like = take_likeness(was(isa="avx2"), here(isa="native", ref="v1.8.4"), factory.cores(), same_tree=False)
    assert (like.settings.text("isa"), like.settings.text("ref")) == ("native", "v1.8.4")
    assert "--isa native is as given here, not as in that run" in like.remarks


def test_threads_that_do_not_fit_are_left_out_and_said() -> None:
    run = was()
    run = run.replace(suite=run.suite.replace(threads=(2, 4, 64)))
    like = take_likeness(run, here(), factory.cores(4), same_tree=False)
    assert like.settings.words("threads") == ("2", "4")
    assert any("64 threads are more than the 4 CPUs" in remark for remark in like.remarks)


def test_official_weights_may_be_replaced_and_files_may_not() -> None:
    run = was()
    official = tuple(one.replace(kind=WeightsKind.OFFICIAL) for one in run.weights)
    assert take_likeness(run.replace(weights=official), here(), factory.cores(), same_tree=False).settings.text(
        "weights"
    ) == ("auto")
    files = tuple(one.replace(kind=WeightsKind.FILE, sha256="a" * 64) for one in run.weights[:1])
    named = take_likeness(run.replace(weights=files), here(), factory.cores(), same_tree=False).settings
    assert named.text("weights") == f"sha256:{'a' * 16}"


def test_a_tree_is_used_only_where_it_is_as_it_was() -> None:
    run = was()
    commit = run.source.commit.replace(changes="c" * 40, repo=REMOTE)
    run = run.replace(source=run.source.replace(mutable=True, path="/there/tree", commit=commit))
    assert take_likeness(run, here(), factory.cores(), same_tree=True).settings.text("source") == "/there/tree"
    like = take_likeness(run, here(), factory.cores(), same_tree=False)
    assert (like.settings.text("source"), like.settings.text("ref")) == ("", commit.sha[:12])
    assert any("uncommitted changes (digest cccccccccccc)" in remark for remark in like.remarks)
    bare = run.replace(source=run.source.replace(commit=commit.replace(sha="", release="")))
    with pytest.raises(UnavailableError, match="a tree without git"):
        take_likeness(bare, here(), factory.cores(), same_tree=False)


def test_of_a_report_only_commit_and_cases_are_known() -> None:
    run = was(isa="avx2").replace(origin=GGML_CI)
    like = take_likeness(run, here(), factory.cores(), same_tree=False)
    assert like.settings.text("isa") == here().text("isa")
    assert any("it comes from a report" in remark for remark in like.remarks)
    other = run.source.commit.replace(repo="https://github.com/ggml-org/llama.cpp")
    with pytest.raises(UsageError, match=r"measured llama\.cpp"):
        take_likeness(run.replace(source=run.source.replace(commit=other)), here(), factory.cores(), same_tree=False)


def test_a_fork_may_have_any_name() -> None:
    run = was()
    fork = run.source.commit.replace(repo="https://git.example.org/me/whisper.git")
    like = take_likeness(run.replace(source=run.source.replace(commit=fork)), here(), factory.cores(), same_tree=False)
    assert like.settings.words("model") == run.suite.models


def test_what_somebody_else_wrote_is_not_executed_unasked() -> None:
    wild = "CMAKE_C_COMPILER_LAUNCHER=sh;-c;evil"
    run = was(define=f"GGML_X=1,{wild},GGML_Y=/tmp/evil.cmake")
    like = take_likeness(run, here(), factory.cores(), same_tree=False, foreign=True)
    assert like.settings.words("define") == ("GGML_X=1",)
    assert f"-D {wild} is left out: add it, if you trust who measured that run" in like.remarks
    own = take_likeness(run, here(), factory.cores(), same_tree=False)
    assert wild in own.settings.words("define")
    given = take_likeness(run, here(define=wild), factory.cores(), same_tree=False, foreign=True)
    assert given.settings.words("define") == (wild,)
    fork = was(repo="https://example.org/fork.git")
    with pytest.raises(UsageError, match="measured code of https") as refused:
        take_likeness(fork, here(), factory.cores(), same_tree=False, foreign=True)
    assert "--repo" in refused.value.hint
    for flags in ({"repo": "https://example.org/fork.git"}, {"ref": "v1.8.4"}):
        assert take_likeness(fork, here(**flags), factory.cores(), same_tree=False, foreign=True)
    assert take_likeness(fork, here(), factory.cores(), same_tree=False).settings.text("repo")
