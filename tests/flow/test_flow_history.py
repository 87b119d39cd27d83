"""`harness history`: numbers that a node of ggml-ci reported, over time, and suspicions where no code made the step."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.records.measurement import Case
from harness.records.trial import Role, Trial
from harness.store.bundle import create_bundle
from tests import factory
from tests.answer import result_of
from tests.flow.kit import Kit
from tests.flow.test_flow_nightly import Branch
from tests.ghost import GHOSTS, LOW_GHOSTS, name_sha, write_reports
from tests.unit.judge.test_judge_comparison import timing

NODE = "ggml-2-x86-cpu"
BASE = Case.of("whisper", model="base", threads=4, fa=0)
SIDES = (("old", Role.BASELINE, 1.0), ("new", Role.CONTENDER, 0.96))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Kit:
    kit = Kit(tmp_path_factory.mktemp("history"), tiny_weights)
    write_reports(kit.folder / "tree" / "whisper.cpp", NODE)
    done = kit.harness("import", str(kit.folder / "tree" / "whisper.cpp"))
    assert done.returncode == 0, done.stderr
    return kit


def store_side(results: Path, sha: str, role: Role, factor: float) -> Path:
    """Store one side of a live comparison of `base` on the node."""
    draw = random.Random(role)
    values = [
        timing(BASE, "encode", factor * draw.lognormvariate(7, 0.002), 1, block).replace(log="") for block in range(40)
    ]
    run = factory.run(*values)
    run = run.replace(
        id=f"20250401T00000{len(role)}Z-aaaaaaaa-11111111",
        node=run.node.replace(name=NODE),
        source=run.source.replace(commit=run.source.commit.replace(sha=sha, release="")),
        trial=Trial(id="t", role=role, seed=7, pairs=1),
    )
    return create_bundle(results, run)[1].seal(run, "the report\n")


def test_steps_of_a_node_are_suspicions_and_no_more(results: Kit) -> None:
    done = results.harness("history", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = result_of(done.stdout)
    assert {one["kind"] for one in answer["events"]} == {"SUSPICION"}
    assert [one["day"] for one in answer["events"]] == ["2025-03-11", "2025-03-20"]
    up, down = (
        next(s for s in one["suspicions"] if dict(s["key"]["case"]["params"])["model"] == "base")
        for one in answer["events"]
    )
    assert up["low"] < 0.016 < up["high"] < 0.035
    assert -0.055 < down["change"] < -0.025
    assert [len(one["points"]) for one in answer["series"]] == [26, 26, 26]
    assert [one["subject"] for one in answer["commits"]] == [f"change number {number}" for number in range(26)]
    command = answer["events"][0]["command"].split()
    assert command[:2] == ["harness", "ab"]
    assert name_sha(10).startswith(command[3])


def test_many_series_are_a_table(results: Kit) -> None:
    done = results.harness("history")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{NODE}, config ")
    assert lines[0].endswith(": 26 runs, 2025-03-01 to 2025-03-26")
    assert [line.split()[0] for line in lines[2:5]] == [f"whisper/model={name}" for name in sorted(GHOSTS)]
    assert "  all of whisper: fa=0, threads=4" in lines
    assert "interval" not in lines[1], "nobody measured twice, so the column is not there"
    assert any("to find out: harness ab" in line for line in lines)
    assert lines[-1].startswith("3 series: ")
    assert "regress" not in done.stdout.lower()


def test_one_series_is_its_points(results: Kit) -> None:
    done = results.harness("history", "encode", "base", "--limit", "20")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "encode of whisper/fa=0/model=base/threads=4 (ms/pass)"
    assert "  6 older points not shown: --all, or --limit N" in lines
    points = [line.split() for line in lines if line.startswith("  2025-")]
    assert len(points) == 20
    assert points[-1][:3] == ["2025-03-26", name_sha(25)[:8], "1205"]
    assert points[-1][-3:] == ["change", "number", "25"]
    assert any("since here, most likely: -" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("encod",), 2, "did you mean encode"),
        (("base", "small"), 2, "no series fits all of these words"),
        (("--since", "2025-04"), 2, "no series fits all of these options"),
        (("base", "--model", "tiny"), 2, "no series fits all of these words and options"),
        (("--since", "yesterday"), 2, "expected a date"),
        (("--limit", "3", "--all"), 2, "--all"),
    ],
)
def test_words_that_name_nothing(results: Kit, words: tuple[str, ...], code: int, says: str) -> None:
    done = results.harness("history", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_events_and_what_people_decided_about_them(results: Kit) -> None:
    answer: list[dict[str, Any]] = result_of(results.harness("events", "--format", "json").stdout)["events"]
    first, second = (one["id"] for one in answer)
    triage = results.results / "triage.toml"
    try:
        triage.write_text(
            f'[{first}]\nstate = "wontfix"\nnote = "the node"\nwho = "ann"\n[0badbad0]\nstate = "fixed"\n'
        )
        done = results.harness("events")
        assert done.returncode == 0, done.stderr
        assert "  wontfix by ann: the node" in done.stdout.splitlines()
        assert f"{triage}: there is no event 0badbad0" in done.stderr
        text = results.harness("history").stdout
        assert text.index("Other events:") < text.index(first)
        assert text.index(first) < text.index("Suspicions, to be measured again:") < text.index(second)
        triage.write_text(f'[{first}]\nstate = "done"\n')
        for verb in ("events", "history"):
            done = results.harness(verb)
            assert (done.returncode, done.stdout) == (5, "")
            assert f"{triage}, line 2" in done.stderr
    finally:
        triage.unlink()
    shown = results.harness("events", "show", second[:5], "--results", str(results.results)).stdout
    assert shown.startswith(second)
    assert f" --results {results.results}" in shown, "where the command is to store its runs"
    assert "commits that were measured after " in shown
    assert "ms/pass" in shown
    assert "% faster" in shown
    assert "change number" in shown
    assert results.harness("events", "show", "nothing").returncode == 2
    one = results.harness("events", "--limit", "1").stdout
    assert one.startswith(f"1 older event not shown: --all, or --limit N\n{second}")


def test_a_stored_live_comparison_sorts_an_event(results: Kit) -> None:
    answer: list[dict[str, Any]] = result_of(results.harness("events", "--format", "json").stdout)["events"]
    event = answer[-1]
    paths = [store_side(results.results, event[end], role, size) for end, role, size in SIDES]
    try:
        (code,) = result_of(results.harness("events", "--format", "json", event["id"]).stdout)["events"]
        assert (code["kind"], code["id"]) == ("CODE", event["id"])
        assert code["command"].startswith(event["command"]), "to measure it again"
        assert "  # " in code["command"], "with the seed of the comparison"
        assert code["trials"] == [path.name for path in paths]
        text = results.harness("history").stdout
        assert ": 26 runs, 2025-03-01 to 2025-03-26" in text, "neither side is a point"
        assert text.count(event["id"]) == 1
        assert "more event" not in text
        assert f"measured in turns: {', '.join(code['trials'])}" in text
        (paths[0] / "run.json").write_text("{")
        done = results.harness("events")
        assert (done.returncode, "CODE" in done.stdout) == (5, False)
    finally:
        for path in paths:
            shutil.rmtree(path)
    assert result_of(results.harness("events", "--format", "json").stdout)["events"] == answer


def test_no_night_calls_what_was_imported_code(results: Kit, tmp_path: Path) -> None:
    kit = Kit(tmp_path, results.weights)
    for node, ghosts in {NODE: GHOSTS, "ggml-0-x86-cpu-low-perf": LOW_GHOSTS}.items():
        write_reports(tmp_path / "tree" / "whisper.cpp", node, ghosts)
    assert kit.harness("import", str(tmp_path / "tree" / "whisper.cpp")).returncode == 0
    kinds = [one["kind"] for one in result_of(kit.harness("events", "--all", "--json").stdout)["events"]]
    assert set(kinds) == {"SUSPICION"}
    assert len(kinds) == 4, "what stepped was the nodes"
    branch = Branch(kit)
    branch.add("one")
    done = branch.night("--as-node", NODE, "--json")
    assert done.returncode == 0, done.stderr
    told = result_of(done.stdout)
    assert not [one for one in (*told["new"], *told["open"]) if one["kind"] in ("CODE", "NODE")]
    assert {one["kind"] for one in result_of(kit.harness("events", "--all", "--json").stdout)["events"]} == {
        "SUSPICION"
    }


def test_an_empty_folder_has_no_history(results: Kit) -> None:
    done = results.harness("history", "--results", str(results.folder / "empty"))
    assert (done.returncode, done.stdout) == (0, "")
    assert "has numbers" in done.stderr
