"""Builds whose code is equal are known to be, before they are measured and after."""

import json
import shutil
import time

import pytest

from tests.answer import result_of
from tests.elf import make_object
from tests.flow.kit import Kit

BENCH = ("--engine", "bench", "--max-time", "0.1s", "--pairs", "1")
CODE, OTHER = make_object(b"code" * 16, (b"text",)), make_object(b"kode" * 16, (b"text",))
SAID = "baseline and contender have the same machine code"


def sweep(kit: Kit, *words: str) -> list[str]:
    return ["sweep", *kit.words("--threads", "2", "--repetitions", "2", *words)[1:]]


def test_the_record_holds_the_code_of_the_timed_build(kit: Kit) -> None:
    kit.offer_objects(any=CODE)
    assert kit.run("--bench", "memcpy", "--no-tests").returncode == 0
    code = kit.only_run().code
    assert code
    assert code.known
    assert [name for name, _ in code.objects] == ["bench.o"]
    assert kit.run("--bench", "memcpy", "--no-tests").returncode == 0
    again = json.loads((kit.bundles()[1] / "run.json").read_text())["code"]
    assert again["objects"][0][1] == code.objects[0][1], "a build that is used again has it, too"


def test_code_that_cannot_be_read_is_not_known_and_no_failure(kit: Kit) -> None:
    kit.offer_objects(any=b"\xcf\xfa\xed\xfe of another system")
    assert kit.run("--bench", "memcpy", "--no-tests").returncode == 0
    code = kit.only_run().code
    assert code
    assert not code.known
    assert "ELF" in code.reason


def test_two_sides_of_equal_code_are_an_a_a_trial(kit: Kit) -> None:
    kit.offer_objects(any=CODE)
    kit.set_speed(0.01)
    done = kit.ab("GGML_CUDA_GRAPHS=OFF", "GGML_CUDA_GRAPHS=ON", *BENCH)
    assert done.returncode in (0, 21), done.stderr
    assert SAID in done.stderr, "before anything is measured"
    told = " ".join(done.stdout.split())
    assert f"{SAID}: this is an A/A trial" in told
    assert "[equal-code]" in told
    assert "one-build" not in told
    assert "=> A/A, both sides are the same; " in told


def test_two_sides_of_other_code_are_not(kit: Kit) -> None:
    kit.offer_objects(**{"any": CODE, "-DGGML_LTO=ON": OTHER})
    kit.set_speed(0.01)
    done = kit.ab("GGML_LTO=OFF", "GGML_LTO=ON", *BENCH)
    assert done.returncode in (0, 21), done.stderr
    assert "equal code" not in done.stdout + done.stderr
    assert "A/A" not in done.stdout


def test_equal_code_with_another_setting_is_no_a_a_trial(kit: Kit) -> None:
    kit.offer_objects(any=CODE)
    kit.set_speed(0.01)
    done = kit.ab("GGML_LTO=OFF,fa=0", "GGML_LTO=ON,fa=1", *BENCH)
    assert done.returncode in (0, 21), done.stderr
    assert "A/A" not in done.stdout
    assert SAID not in done.stdout + done.stderr


def test_what_is_not_known_is_not_equal(kit: Kit) -> None:
    kit.offer_objects(any=b"BC\xc0\xde of link-time optimisation")
    kit.set_speed(0.01)
    done = kit.ab("GGML_LTO=OFF", "GGML_LTO=ON", *BENCH)
    assert done.returncode in (0, 21), done.stderr
    assert "A/A" not in done.stdout
    assert SAID not in done.stdout + done.stderr
    assert "could not find out whether both sides have the same code: link-time optimisation" in done.stderr


def test_rows_of_equal_code_are_said_to_be_equal(kit: Kit) -> None:
    kit.offer_objects(**{"any": CODE, "-DGGML_LTO=ON": OTHER})
    done = kit.harness(*sweep(kit, "--axis", "GGML_LTO=OFF,ON", "--axis", "GGML_CUDA_GRAPHS=OFF,ON"))
    assert done.returncode == 0, done.stderr
    before, _, _ = done.stderr.partition("1/2 (")
    for text in (before, done.stdout):
        told = " ".join(text.split())
        for value in ("OFF", "ON"):
            assert f"equal code: GGML_LTO={value} GGML_CUDA_GRAPHS=OFF and GGML_LTO={value} GGML_CUDA_GRAPHS=ON" in told
    assert len([line for line in done.stdout.splitlines() if "  equal code: GGML_LTO=" in line]) >= 2
    lines = kit.harness("show", "sweep", "--format", "csv").stdout.splitlines()
    assert lines[0].endswith(",equal_code")
    assert [line.rpartition(",")[2] for line in lines[1:]] == [
        "",
        "GGML_LTO=OFF GGML_CUDA_GRAPHS=OFF",
        "",
        "GGML_LTO=ON GGML_CUDA_GRAPHS=OFF",
    ]


def test_the_search_does_not_choose_between_equals(kit: Kit) -> None:
    kit.offer_objects(any=CODE)
    kit.set_speed(0.005, **{"-fa": 1.3})
    words = ["tune", *kit.words("--threads", "1", "--over", "fa,llamafile", "--budget", "25s", "--engine", "bench")[1:]]
    done = kit.harness(*words, "--no-write", "--json")
    assert done.returncode == 0, done.stderr
    tuning = result_of(done.stdout)
    stage = next(stage for stage in tuning["stages"] if stage["axis"] == "llamafile")
    assert dict(tuning["winner"])["llamafile"] == "off", "where the search stood"
    assert [one["reason"] for one in stage["tried"] if dict(one["values"])["llamafile"] == "on"] == [
        "same code as llamafile=off"
    ]


@pytest.mark.parametrize("fate", ["same", "other", "unknown", "untouched", "replaced", "replaced-unknown"])
def test_numbers_stay_only_with_the_build_that_gave_them(kit: Kit, fate: str) -> None:
    """Killed between two numbers; then the cache is emptied, and what is built again has this code.

    Or the bench program is replaced: it is linked again, and counts as one from an emptied cache.
    """
    kit.offer_objects(any=CODE if fate in ("same", "other", "replaced") else b"no code that is known")
    (kit.tools / "encode.json").write_text("[1000.0, 1010.0, 1020.0]")
    kit.break_tools({"whisper-bench -m": {"spare": 1, "signal": 9, "sleep": 60}})
    child = kit.start(*kit.words("--bench", "whisper", "--no-tests", "--repetitions", "2"))
    deadline = time.monotonic() + 60
    while sum("-m" in call and "no-weights" not in call for call in kit.calls("whisper-bench")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.kill()
    child.communicate()
    (partial,) = kit.partials()
    kit.break_tools({})
    if fate.startswith("replaced"):
        (program,) = kit.cache.glob("builds/*/bin/whisper-bench")
        program.write_text(program.read_text().replace("exec", "FAKE=1 exec"))
    elif fate != "untouched":
        shutil.rmtree(kit.cache / "builds")
    if fate == "other":
        (kit.tools / "objects" / "any.o").write_bytes(OTHER)
    done = kit.harness("run", "--resume", partial.stem)
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    values = [one.value for one in run.measurements if one.metric == "encode"]
    stays = fate in ("same", "untouched", "replaced")
    assert ("bin/whisper-bench has changed" in done.stderr) is fate.startswith("replaced")
    (program,) = kit.cache.glob("builds/*/bin/whisper-bench")
    assert "FAKE=1" not in program.read_text()
    assert "bin/whisper-bench" in dict(run.built)
    assert (values[0] == 1000.0) is stays
    assert len(values) == 2
    assert len(run.discarded) == (0 if stays else 1)
    assert ("other-build" in {caveat.code for caveat in run.caveats}) is not stays
    (folder,) = kit.bundles()
    assert all((folder / "logs" / one.log).is_file() for one in run.discarded)
    assert run.code
    assert {one.build for one in run.results if one.measurements} == {run.code.id}
