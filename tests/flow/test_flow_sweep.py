"""`harness sweep` through fake tools: the cross product, one build for what shares one, gaps, and going on."""

import csv
import io
import json
import re
import shutil
import signal
from pathlib import Path

import pytest

from harness.records.outcome import Status
from harness.store.bundle import create_bundle, load_run
from tests.answer import result_of
from tests.flow.kit import Kit, wait_for


def sweep(kit: Kit, *words: str) -> list[str]:
    # From where the harness is started, as people name it.
    return ["sweep", *words, "--source", kit.tree.name, "--model", "tiny", "--weights", str(kit.weights)]


def builds(kit: Kit) -> int:
    return len([call for call in kit.calls("cmake") if "--build" in call])


def timed(kit: Kit) -> list[list[str]]:
    return [call for call in kit.calls("whisper-bench") if "-m" in call and "no-weights" not in call]


def record(kit: Kit) -> dict[str, object]:
    (path,) = kit.results.glob("*/*/*.sweep.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_settings_that_share_a_build_make_one(kit: Kit) -> None:
    kit.set_speed(0.01, **{"-fa": 0.5})
    done = kit.harness(*sweep(kit, "--threads", "1,2", "--flash-attn", "0,1", "--repetitions", "2"))
    assert done.returncode == 0, done.stderr
    assert builds(kit) == 1
    run = kit.only_run()
    assert run.status is Status.PASSED
    assert run.sweep == record(kit)["id"]
    order = [(result.repetition, str(result.case)) for result in run.results if result.case]
    assert len(order) == 8
    assert [repetition for repetition, _ in order] == [1, 1, 1, 1, 2, 2, 2, 2], "round by round"
    assert "threads  fa" in done.stdout
    assert "2 rounds cannot show which cell is best; it takes at least 13" in " ".join(done.stdout.split())
    (table,) = kit.results.glob("*/*/*.sweep.csv")
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert [(row["threads"], row["fa"]) for row in rows] == [("1", "0"), ("1", "1"), ("2", "0"), ("2", "1")]
    assert all(float(row["encode"]) > 0 and row["n"] == "2" and not row["best_in"] for row in rows)


def test_a_best_cell_is_marked_once_it_is_sure(kit: Kit) -> None:
    kit.set_speed(0.01, **{"-fa": 0.5})
    words = ("--threads", "1", "--flash-attn", "0,1", "--repetitions", "12")
    done = kit.harness(*sweep(kit, *words))
    assert done.returncode == 0, done.stderr
    marked = [line for line in done.stdout.splitlines() if "%)*" in line]
    assert len(marked) == 1
    assert marked[0].split()[0] == "1"
    assert "better than every other cell" in done.stdout
    # All other metrics of the made-up program are constants: no smallest number is taken for the best.
    assert "cannot be distinguished from 1 of 1 others" in " ".join(done.stdout.split())
    again = kit.harness("show", "sweep", "--columns", "fa", "--format", "csv")
    assert again.stdout.splitlines()[0] == "fa=0,fa=1"


def test_configs_take_turns_round_by_round(kit: Kit) -> None:
    axes = ("--axis", "GGML_LLAMAFILE=OFF,ON", "--threads", "1")
    done = kit.harness(*sweep(kit, *axes, "--repetitions", "4", "--seed", "7"))
    assert done.returncode == 0, done.stderr
    assert len(kit.bundles()) == 2
    assert {load_run(bundle).config.id for bundle in kit.bundles()} == {
        path.name.rpartition("-")[2] for path in kit.bundles()
    }
    calls = [call[0] for call in kit.calls() if call in timed(kit) or "--build" in call]
    assert calls == ["cmake"] * 2 + ["whisper-bench"] * 8, "all builds come before the first measurement"
    done_in_turn = re.findall(r"(\d)/4 \(GGML_LLAMAFILE=(OFF|ON)\) +PASSED", done.stderr)
    assert [repetition for repetition, _ in done_in_turn] == list("11223344")
    assert all({one[1] for one in done_in_turn[index : index + 2]} == {"OFF", "ON"} for index in range(0, 8, 2))
    assert done_in_turn != sorted(done_in_turn), "in an order that is drawn"


def test_one_build_serves_every_instruction_set(kit: Kit) -> None:
    done = kit.harness(*sweep(kit, "--isa", "avx,avx2", "--loadable", "--threads", "1", "--repetitions", "1"))
    assert done.returncode == 0, done.stderr
    asked = [call[-1] for call in kit.calls("cmake") if "--build" in call]
    assert asked == ["bin/libggml-cpu-sandybridge.so", "bin/libggml-cpu-haswell.so"], (
        "in one folder, one after the other"
    )
    configures = [call for call in kit.calls("cmake") if "-B" in call]
    assert len(configures) == 1
    assert {"-DGGML_CPU_ALL_VARIANTS=ON", "-DGGML_BACKEND_DL=ON", "-DHARNESS_LOADABLE=ON"} <= set(configures[0])
    runs = {load_run(bundle).config.isa: load_run(bundle) for bundle in kit.bundles()}
    features = {isa: dict(run.system_info.features) if run.system_info else {} for isa, run in runs.items()}
    assert "CPU/AVX2" in features["avx2"]
    assert "CPU/AVX2" not in features["avx"], "the variant that was asked for is the one that ran"
    assert not [caveat for run in runs.values() for caveat in run.caveats if caveat.code == "isa-differs"]
    assert len({run.config.id for run in runs.values()}) == 2, "two series, though one build"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--isa", "native,avx2"), "ggml has no variant for exactly native"),
        (("--isa", "avx,avx2", "--engine", "library"), "--loadable needs --engine bench"),
    ],
)
def test_what_cannot_be_loaded(kit: Kit, words: tuple[str, ...], shown: str) -> None:
    done = kit.harness(*sweep(kit, "--loadable", *words))
    assert done.returncode == 2
    assert shown in done.stderr


def test_a_cell_that_cannot_be_is_a_row_with_its_reason(kit: Kit) -> None:
    kit.break_tools({"cmake --build": {"exit": 1, "spare": 1}})
    words = ("--axis", "GGML_LLAMAFILE=OFF,ON", "--quant", "f16,q5_k", "--threads", "1", "--repetitions", "1")
    done = kit.harness(*sweep(kit, *words))
    assert done.returncode == 10, "a build failed"
    rows = [line for line in done.stdout.splitlines() if " NA " in line]
    assert len(rows) == 3
    assert sum("tiny cannot be quantised to q5_k" in row for row in rows) == 2
    assert sum("build_release: exit code 1" in row for row in rows) == 1
    assert len(timed(kit)) == 1


def test_an_interrupted_sweep_goes_on(kit: Kit) -> None:
    kit.break_tools({"whisper-bench -m": {"spare": 3, "sleep": 300, "silent": True, "times": 1}})
    words = ("--axis", "GGML_LLAMAFILE=OFF,ON", "--threads", "1", "--repetitions", "3")
    child = kit.start(*sweep(kit, *words))
    wait_for(lambda: len(timed(kit)) == 4)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert child.returncode == 130
    assert "harness sweep --resume" in stderr
    assert len(kit.partials()) == 2
    done = kit.harness("sweep", "--resume")
    assert done.returncode == 0, done.stderr
    assert len(timed(kit)) == 7, "the one that was cut off is measured again, and no other"
    assert not kit.partials()
    assert record(kit)["end"]
    assert "no unfinished sweep" in kit.harness("sweep", "--resume").stderr


def test_a_file_of_axes_with_exclusions(kit: Kit) -> None:
    file = kit.folder / "sweep.toml"
    file.write_text(
        "[axes]\nthreads = [1, 2]\nfa = [0, 1]\n[[exclude]]\nthreads = 1\nfa = 1\n[settings]\nrepetitions = 1\n"
    )
    done = kit.harness(*sweep(kit, str(file)))
    assert done.returncode == 0, done.stderr
    assert len(timed(kit)) == 3
    assert [case for case in kit.only_run().suite.cases if str(case) == "whisper/fa=1/model=tiny/threads=1"] == []


def test_a_dry_run_says_how_long(kit: Kit) -> None:
    words = sweep(kit, "--threads", "1,2", "--repetitions", "3")
    before = kit.harness(*words, "--dry-run")
    assert "builds    1" in before.stdout
    assert "plus the build, whose time is not known yet" in before.stdout
    assert not timed(kit)
    assert not list(Path(kit.results).glob("*/*/*"))
    assert kit.harness(*words).returncode == 0
    after = kit.harness(*words, "--dry-run")
    assert "7 of 7 steps were timed here before" in after.stdout


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("--axis", "GGML_LLAMAFILE"), 2, "--axis: expected NAME=VALUE,VALUE"),
        (("--axis", "thread=1,2"), 2, "did you mean threads"),
        (("--quant", "q7"), 2, "unknown type of weights"),
        (("--threads", "0,1"), 2, "expected whole numbers"),
        (("--isa", "avx3,avx2"), 2, "unknown instruction set 'avx3'"),
        (("nothing.toml",), 2, "no such file"),
        (("--results", "whisper.cpp/CMakeLists.txt"), 3, "--results DIR  # another folder"),
        (("--show",), 2, "unknown option --show"),
        (("--resume",), 2, "--resume cannot be combined with --model,"),
        (("--resume", "--dry-run"), 2, "cannot be combined with --dry-run"),
        (("--resume", "--axis", "GGML_LTO=OFF,ON"), 2, "cannot be combined with FILE or --axis"),
        (("--threads", "1,2", "--columns", "quant"), 2, "no axis 'quant' with several values"),
        (("--threads", "1,2", "--rows", "threads"), 2, "--rows needs --columns"),
    ],
)
def test_bad_words(kit: Kit, words: tuple[str, ...], code: int, shown: str) -> None:
    done = kit.harness(*sweep(kit, *words))
    assert done.returncode == code
    assert shown in done.stderr
    assert not kit.calls("whisper-bench")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[axes", "not valid TOML"),
        ("[axis]\n", "unknown table 'axis'"),
        ("axes = 3\n", "axes is not a table"),
        ("[axes]\nthreads = [[1]]\n", "not a list of values"),
        ("[axes]\nthreads = [1, 2]\n[[exclude]]\nthread = 1\n", "which is not an axis"),
        ("[axes]\nthreads = [1, 2]\n[[exclude]]\nthreads = 3\n", "the values of the axis are 1, 2"),
        ("[axes]\nthreads = [1]\n[[exclude]]\nthreads = 1\n", "excludes every cell"),
        ("exclude = 1\n", "not a list of tables"),
        ("[settings]\nrepetition = 1\n", "unknown setting"),
        ("[settings]\ntests = false\n", "the setting tests has no effect in a sweep file"),
    ],
)
def test_bad_files(kit: Kit, text: str, shown: str) -> None:
    (kit.folder / "sweep.toml").write_text(text)
    done = kit.harness(*sweep(kit, "sweep.toml"))
    assert done.returncode in (2, 5)
    assert shown in done.stderr


def begin(kit: Kit, *words: str) -> dict[str, object]:
    """Begin a sweep of two configs, let it be killed in its second measurement, and return what it has written."""
    kit.break_tools({"whisper-bench -m": {"spare": 1, "sleep": 300, "silent": True, "times": 1}})
    child = kit.start(*sweep(kit, "--axis", "GGML_LLAMAFILE=OFF,ON", "--threads", "1", "--repetitions", "1", *words))
    wait_for(lambda: len(timed(kit)) == 2)
    child.kill()
    child.communicate()
    assert len(kit.partials()) == 2
    return record(kit)


def test_a_run_that_is_gone_is_measured_anew(kit: Kit) -> None:
    entries = begin(kit)["entries"]
    assert isinstance(entries, list)
    first, second = kit.partials()
    assert {first.stem, second.stem} == {entry["run"] for entry in entries}
    shutil.rmtree(second)
    # As if it had been killed before it could name the first one.
    sheet = next(kit.results.glob("*/*/*.sweep.json"))
    sheet.write_text(sheet.read_text().replace(first.stem, ""))
    # And another one before it had a plan.
    run, third = create_bundle(kit.results, load_run(first).replace(results=()))
    third.save_run(run)
    third.release()
    shown = kit.harness("show", "sweep")
    assert shown.returncode == 12, "one of them has no number and no reason"
    assert "its run is missing" in shown.stdout
    assert "harness sweep --resume" in shown.stderr
    done = kit.harness("sweep", "--resume", environ={"HARNESS_REPETITIONS": "7"})
    assert done.returncode == 0, done.stderr
    assert f"ignored the run {second.stem}: it is not in {second.parent}" in done.stderr
    assert re.search("will be measured again: GGML_LLAMAFILE=", done.stderr)
    assert f"resuming {first.stem}" in done.stderr
    assert "not measured" not in done.stdout
    ended = record(kit)
    assert ended["end"]
    named = {entry["run"] for entry in ended["entries"]}  # type: ignore[attr-defined]
    assert named == {bundle.name for bundle in kit.bundles()}
    assert {load_run(bundle).suite.repetitions for bundle in kit.bundles()} == {1}, "as it was begun"
    assert not kit.partials()
    shutil.rmtree(kit.bundles()[0])
    again = kit.harness("show", "sweep")
    assert again.returncode == 12, "a finished sweep has a hole"
    assert "1 cell has no number" in again.stderr


def test_a_sweep_that_was_edited_is_refused(kit: Kit) -> None:
    written = json.dumps(begin(kit))
    (sheet,) = kit.results.glob("*/*/*.sweep.json")
    for old, new, shown in (
        ('"node": "node-1"', '"node": "../../outside"', "is not the name of a folder"),
        ('"node": "node-1"', '"node": "node-2"', "lies in the folder of 'node-1'"),
        ('"repetitions": 1', '"repetitions": 3', "do not match its settings"),
        ('"run": "2', '"run": "../2', "is not the id of a run"),
    ):
        assert old in written
        sheet.write_text(written.replace(old, new))
        done = kit.harness("sweep", "--resume")
        assert done.returncode == 5, done.stderr
        assert shown in done.stderr
    assert not (kit.folder / "outside").exists()
    assert not kit.bundles()
    assert len(timed(kit)) == 2
    listed = kit.harness("list", "--unfinished")
    assert listed.stdout.count("harness sweep --resume") == 2
    first, second = kit.partials()
    done = kit.harness("list", "--unfinished", "--remove", first.stem, "--yes", "--json")
    assert [one["id"] for one in result_of(done.stdout)["unfinished"]] == [first.stem]
    assert kit.partials() == [second]
