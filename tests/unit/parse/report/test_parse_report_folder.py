from pathlib import Path

import pytest

from harness.parse.report.folder import read_folder, wanted
from harness.records.measurement import ENCODE, MeasurementOrigin

LOGS = Path(__file__).parents[3] / "data" / "logs"
MEDIUM = (LOGS / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log").read_text()
TURBO = (LOGS / "663cafc1__ggml-4-x86-cuda-v100__bench-bench-large-v3-turbo.log").read_text()
CMAKE = """\
+ cmake -DCMAKE_BUILD_TYPE=release -DGGML_CUDA=ON -DCMAKE_CUDA_ARCHITECTURES=native ..
-- The C compiler identification is GNU 11.4.0
-- The CXX compiler identification is GNU 11.4.1
-- Build files have been written to: /x -DNOT=ME
"""


def test_model_log_holds_the_time_that_the_report_lost() -> None:
    (log,) = read_folder({"bench-bench-medium.log": MEDIUM}).models
    assert (log.model, log.threads, log.flash_attn, log.repetition, log.reason) == ("medium", 4, "0", 1, "")
    encode = next(one for one in log.measurements if one.metric == ENCODE.name)
    assert encode.value == 10904.74
    assert str(encode.case) == "whisper/fa=0/model=medium/threads=4"
    assert {one.origin for one in log.measurements} == {MeasurementOrigin.LOG}


def test_features_threads_and_backend_come_from_the_log() -> None:
    info = read_folder({"bench-bench-large-v3-turbo.log": TURBO}).info
    assert info
    assert (info.n_threads, info.hardware_threads, info.backends) == (4, 6, ("CUDA0",))
    assert ("CUDA/ARCHS", "700") in info.features


def test_log_of_a_repetition_names_its_setting() -> None:
    (log,) = read_folder({"bench-bench-base.en-t2-fa1-r3.log": MEDIUM}).models
    assert (log.model, log.threads, log.flash_attn, log.repetition) == ("base.en", 2, "1", 3)


@pytest.mark.parametrize("end", ["disturbed-1", "other-build-1", "t2-fa1-r3.disturbed-2"])
def test_log_of_a_discarded_attempt_counts_for_nothing(end: str) -> None:
    assert read_folder({f"bench-bench-tiny{'-' if end[0] == 't' else '.'}{end}.log": MEDIUM}).models == ()


@pytest.mark.parametrize(
    ("text", "exit_file", "reason"),
    [
        (MEDIUM, "3\n", "exit code 3"),
        (MEDIUM, "0\n", ""),
        ("error: failed to open the model\n", "", "no measurement in its output"),
        (
            f"assuming empty model\n{MEDIUM}",
            "",
            "the weights are empty ('assuming empty model'): their timings mean nothing",
        ),
    ],
)
def test_log_whose_numbers_do_not_count(text: str, exit_file: str, reason: str) -> None:
    (log,) = read_folder({"bench-bench-medium.log": text, "bench-bench-medium.exit": exit_file}).models
    assert log.reason == reason


def test_trace_stands_in_for_missing_logs() -> None:
    first = MEDIUM.rstrip("\n").replace("'", "'\\''")
    second = first.replace("ggml-medium", "ggml-tiny")
    trace = "".join(f"+ output='{output}'\n+ ret=0\n+ echo '{output}'\n" for output in (first, second))
    folder = read_folder({"stdall": trace})
    assert [(log.model, log.file) for log in folder.models] == [("medium", "stdall"), ("tiny", "stdall")]
    assert folder.models[0].measurements == read_folder({"bench-bench-medium.log": MEDIUM}).models[0].measurements


def test_cmake_log_tells_options_and_compilers() -> None:
    folder = read_folder({"ctest_release-cmake.log": CMAKE})
    assert [str(option) for option in folder.options] == [
        "-DCMAKE_BUILD_TYPE=release",
        "-DGGML_CUDA=ON",
        "-DCMAKE_CUDA_ARCHITECTURES=native",
    ]
    assert folder.compilers == (("C", "GNU", "11.4.0"), ("CXX", "GNU", "11.4.1"))


def test_bench_log_tells_the_threads_of_mul_mat() -> None:
    assert read_folder({"bench.log": "Running ggml_mul_mat benchmark with 6 threads\n"}).mul_mat_threads == 6
    assert read_folder({"stdall": "++ ./build-ci-release/bin/whisper-bench -w 2 -t 3\n"}).mul_mat_threads == 3


def test_only_what_is_read_is_wanted() -> None:
    names = [
        "README.md.bak",
        "stdall",
        "runtime",
        "bench-bench-tiny.log",
        "bench-bench-errors.log",
        "ctest_debug-make.log",
    ]
    assert wanted(names) == ("runtime", "bench-bench-tiny.log")
    assert wanted(["stdall", "runtime"]) == ("runtime", "stdall")


def test_nothing_says_nothing() -> None:
    folder = read_folder({"runtime": "\0\1", "bench.log": "", "ctest_release-cmake.log": "\ufffd"})
    assert (folder.usage, folder.info, folder.models, folder.options) == (None, None, (), ())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bench-bench-medium-t4-fa0-r1.log", ""),
        ("bench-bench-medium-t2-fa0-r1.log", "it ran with 4 threads, but 2 were asked for"),
        ("bench-bench-medium-t4-fa1-r1.log", "it ran with flash attention 0, but 1 was asked for"),
        ("bench-bench-tiny.log", "its weights have the size of medium, but tiny was asked for"),
    ],
)
def test_a_log_that_is_not_of_the_case_in_its_name(name: str, words: str) -> None:
    (log,) = read_folder({name: MEDIUM}).models
    assert log.reason == words


def test_options_that_cmake_did_not_use_are_none() -> None:
    warning = (
        "CMake Warning:\n  Manually-specified variables were not used by the project:\n\n    GGML_CUDA\n    B\n\n\n"
    )
    folder = read_folder({"ctest_release-cmake.log": CMAKE + warning})
    assert folder.unused == ("GGML_CUDA", "B")
    assert [option.name for option in folder.options] == ["CMAKE_BUILD_TYPE", "CMAKE_CUDA_ARCHITECTURES"]


def test_one_model_that_fell_back_is_told_of_beside_one_that_did_not() -> None:
    failed = TURBO.replace(
        "using CUDA0 backend", "using CUDA0 backend\nwhisper_backend_init_gpu: failed to initialize CUDA0 backend"
    )
    first, second = "bench-bench-large-v3-turbo.log", "bench-bench-large-v3-turbo-t4-fa0-r2.log"
    for files in ({first: failed, second: TURBO}, {first: TURBO, second: failed}):
        info = read_folder(files).info
        assert info
        assert [claim.subject for claim in info.failed] == ["CUDA0"]
        assert "failed to initialize CUDA0 backend); CPU ran" in info.failure
        assert info.backends == ("CPU",)
