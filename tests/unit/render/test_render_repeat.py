"""Commands that measure again what a record holds, and what two sides differ in."""

import shlex

from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.records.run import Run, SettingOrigin, SettingUsed
from harness.records.sweep import Axis, Sweep, SweepEntry
from harness.records.weights import Weights, WeightsKind
from harness.render.repeat import name_unlike, repeat_run, repeat_sweep, repeat_trial
from harness.settings.table import SETTINGS
from harness.settings.weights_sum import read_sum
from tests import factory


def side(**settings: str) -> Run:
    used = (SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG) for name, value in settings.items())
    return factory.run().replace(settings=tuple(used))


def test_what_sides_differ_in_is_named_and_nothing_else() -> None:
    one, other = side(flash_attn="0", model="tiny", threads="2"), side(flash_attn="1", model="tiny", threads="4")
    assert name_unlike(one, other) == ("threads=2 fa=0", "threads=4 fa=1")
    assert name_unlike(one, one) == ("", "")
    assert name_unlike(side(ref="a"), side(ref="b")) == ("", ""), "a commit is no setting"
    command = repeat_trial(one, other)
    assert command.startswith("harness ab ")
    assert [word.partition(",")[2] for word in command.split()[2:4]] == ["threads=2,fa=0", "threads=4,fa=1"]


def weights(kind: WeightsKind, digit: str = "a", **changes: str) -> Weights:
    found = Weights(model="tiny", kind=kind, path="/home/me/x.bin", size_bytes=1, sha256=digit * 64)
    return found.replace(**changes)


def test_a_run_is_measured_again_by_commit_kind_of_weights_and_seed() -> None:
    run = side(model="tiny", threads="2", source="/home/me/whisper").replace(weights=(weights(WeightsKind.OFFICIAL),))
    line = repeat_run(run)
    assert line.startswith(f"harness run --ref {run.source.commit.sha[:12]} ")
    assert "--weights official" in line
    assert "--seed 1" in line
    assert "/home/me" not in line, "another computer does not have it"
    assert "#" not in line, "nothing is left to say"


def test_a_file_of_weights_is_named_by_its_sum() -> None:
    files = (weights(WeightsKind.FILE), weights(WeightsKind.OFFICIAL, "b", model="base"))
    assert f"--weights sha256:{'a' * 16}+{'b' * 16}" in repeat_run(side().replace(weights=files))
    made = weights(WeightsKind.FILE, parent="/home/me/f16.bin", sha256="")
    assert "--weights /home/me/f16.bin" in (line := repeat_run(side().replace(weights=(made,))))
    assert "# paths of the computer that measured: /home/me/f16.bin" in line


def test_a_tree_with_changes_is_named_by_its_commit_and_says_what_is_lost() -> None:
    run = side()
    commit = run.source.commit.replace(changes="c" * 40, repo="https://github.com/ggml-org/whisper.cpp")
    source = run.source.replace(commit=commit, mutable=True, path="/home/me/whisper.cpp")
    line = repeat_run(run.replace(source=source))
    assert line.startswith(f"harness run --ref {commit.sha[:12]} ")
    assert line.endswith(f"on {commit.sha[:12]}, digest {'c' * 12}: they are not in it")
    local = source.replace(commit=commit.replace(repo="", changes=""))
    assert "--repo /home/me/whisper.cpp" in repeat_run(run.replace(source=local)), "nobody else may have the commit"
    bare = source.replace(commit=commit.replace(sha=""))
    assert "--source /home/me/whisper.cpp" in (line := repeat_run(run.replace(source=bare)))
    assert "a tree without git, digest cccccccccccc" in line


def test_a_fork_is_named_and_upstream_is_not() -> None:
    fork = side(repo="https://example.org/fork.git")
    assert "--repo https://example.org/fork.git" in repeat_run(fork)
    assert "--repo" not in repeat_run(side(repo="https://github.com/ggml-org/whisper.cpp.git"))


def test_the_line_is_one_that_a_shell_and_the_harness_understand() -> None:
    run = side(define="GGML_X=a b", flash_attn="0,1", tests="False").replace(weights=(weights(WeightsKind.FILE),))
    words = shlex.split(repeat_run(run), comments=True)
    parsed = parse(words[1:], VERBS, SETTINGS)
    assert (parsed.command, parsed.tests, parsed.seed) == ("run", False, "1")
    suite = read_sum(parsed.weights)
    assert suite is not None
    assert suite.names("a" * 64)


def test_no_record_can_put_a_second_command_behind_the_line() -> None:
    run, evil = side(), "\nrm -rf ~\x1b["
    commit = run.source.commit
    for changed in (commit.replace(sha=evil), commit.replace(sha="", release=evil), commit.replace(changes=evil)):
        other = run.replace(source=run.source.replace(commit=changed))
        for one in (other, other.replace(origin="pasted")):
            line = repeat_run(one)
            assert line.isprintable(), line
            assert line == "" or shlex.split(line, comments=True)[:3] == ["harness", "run", "--ref"], line
    assert repeat_run(side(audio=f"a{evil}")) == ""


def test_a_sweep_is_measured_again_with_its_axes_commit_and_seed() -> None:
    settings = tuple(
        SettingUsed(name=name, value=value, origin=SettingOrigin.FLAG)
        for name, value in {"threads": "1,2", "model": "tiny", "define": "GGML_LTO=ON"}.items()
    )
    entry = SweepEntry(values=(), run="20260101T000000Z-f24588a2-00000000")
    sweep = Sweep(
        schema=1, id="s", node="n", start="", seed=7, repetitions=5, entries=(entry,), cells=(), settings=settings,
        axes=(Axis(name="threads", values=("1", "2")), Axis(name="GGML_NATIVE", values=("ON", "OFF"))),
    )  # fmt: skip
    line = repeat_sweep(sweep)
    assert line.startswith("harness sweep --ref f24588a2 ")
    for words in ("--threads 1,2", "-D GGML_LTO=ON", "--axis GGML_NATIVE=ON,OFF", "--seed 7"):
        assert words in line
    assert line.endswith("# with the combinations that were excluded")
    assert repeat_sweep(sweep.replace(settings=())) == "", "sweeps of early versions do not say"
    assert "--source /x" in repeat_sweep(
        sweep.replace(settings=(SettingUsed(name="source", value="/x", origin=SettingOrigin.FLAG),))
    )


def test_the_question_of_a_trial_is_asked_again() -> None:
    """A trial of one metric is not repeated as one of all, whose verdicts share the chance of a false difference."""
    asked, usual = side(metric="encode", pairs="3"), side(metric="encode,decode,batchd,prompt", pairs="2")
    words = shlex.split(repeat_trial(asked, asked))
    parsed = parse(words[1:], VERBS, SETTINGS)
    assert (words[words.index("--metric") + 1], words[words.index("--pairs") + 1]) == ("encode", "3")
    assert (parsed.command, parsed.metric) == ("ab", ["encode"])
    assert "--metric" not in repeat_trial(usual, usual)
