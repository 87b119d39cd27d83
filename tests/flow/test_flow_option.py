"""Options that the tree does not know, by every way in which one can be asked for."""

import json

import pytest

from tests.flow.kit import Kit

MEMCPY = ("--bench", "memcpy", "--no-tests")
BENCH = ("--engine", "bench", "--max-time", "0.1s", "--pairs", "1")


def verbs(kit: Kit) -> list[str]:
    """Return what cmake was asked to do, in order."""
    calls = [call for call in kit.calls("cmake") if {"-G", "--build"} & set(call)]
    return ["build" if "--build" in call else "configure" for call in calls]


def asked(kit: Kit, name: str) -> list[str]:
    """Return the words about one option that cmake was given."""
    return [word for call in kit.calls("cmake") for word in call if word.startswith(f"-D{name}")]


@pytest.mark.parametrize(
    ("words", "what", "near"),
    [
        (["-D", "GGML_CUBLAS=ON"], "-D GGML_CUBLAS=ON: the tree has no option GGML_CUBLAS", "GGML_CUDA"),
        (["-D", "GGML_LTOO=ON"], "the tree has no option GGML_LTOO", "GGML_LTO?"),
        (["-D", "GGML_LTOO:BOOL=ON"], "the tree has no option GGML_LTOO", "GGML_LTO?"),
        (["-D", "WHISPER_SDL=ON"], "the tree has no option WHISPER_SDL", "WHISPER_SDL2"),
        (["-D", "CMAKE_CXX_FLAG=-O1"], "the tree has no option CMAKE_CXX_FLAG", "CMAKE_CXX_FLAGS"),
        (["-D", "GGML_LTO=banana"], "GGML_LTO must be ON or OFF", ""),
        (["-D", "GGML_GPROF=ON"], "the tree itself sets GGML_GPROF to OFF", ""),
    ],
)
def test_an_option_that_changes_nothing_is_refused_before_anything_is_built(
    kit: Kit, words: list[str], what: str, near: str
) -> None:
    done = kit.run(*MEMCPY, *words)
    assert done.returncode == 2, done.stderr
    assert what in done.stderr
    assert near in done.stderr
    assert "--allow-unknown-options" in done.stderr
    assert verbs(kit) == ["configure"]
    assert kit.bundles() == kit.partials() == [], "there is nothing to go on with"
    again = kit.run(*MEMCPY, *words)
    assert (again.returncode, verbs(kit)) == (2, ["configure"]), "a configured folder is no reason to believe it"


def test_whoever_means_it_may_have_it_and_the_run_says_so(kit: Kit) -> None:
    done = kit.run(*MEMCPY, "-D", "GGML_LTOO=ON", "--allow-unknown-options")
    assert done.returncode == 0, done.stderr
    (caveat,) = [one for one in kit.only_run().caveats if one.code == "option-ignored"]
    assert caveat.message.startswith("-D GGML_LTOO=ON: the tree has no option GGML_LTOO")
    assert kit.run(*MEMCPY, "-D", "GGML_LTOO=ON").returncode == 2, "the next one has to mean it, too"


def test_file_and_variable_allow_it_likewise(kit: Kit) -> None:
    (kit.folder / "harness.toml").write_text('define = ["GGML_LTOO:BOOL=ON"]\n')
    assert kit.run(*MEMCPY).returncode == 2
    assert kit.run(*MEMCPY, environ={"HARNESS_ALLOW_UNKNOWN_OPTIONS": "1"}).returncode == 0
    (kit.folder / "harness.toml").write_text('define = ["GGML_LTOO=ON"]\nallow-unknown-options = true\n')
    assert kit.run(*MEMCPY).returncode == 0


def test_typed_options_are_taken_everywhere_and_are_the_same_build(kit: Kit) -> None:
    assert kit.run(*MEMCPY, "-D", "GGML_LTO:BOOL=ON").returncode == 0
    assert kit.only_run().config.value("GGML_LTO") == "ON"
    before = len(verbs(kit))
    assert kit.run(*MEMCPY, "-D", "GGML_LTO=ON").returncode == 0
    assert verbs(kit)[before:].count("configure") == 0
    assert kit.run(*MEMCPY, environ={"HARNESS_DEFINE": "GGML_LTO:BOOL=ON"}).returncode == 0
    kit.set_speed(0.01)
    assert kit.ab("GGML_LTO:BOOL=OFF", "GGML_LTO=ON", *BENCH).returncode in (0, 21)
    words = ("--axis", "GGML_LLAMAFILE:BOOL=ON,OFF", "--repetitions", "1", "--threads", "2")
    done = kit.harness("sweep", *kit.words(*words)[1:])
    assert done.returncode == 0, done.stderr
    assert set(asked(kit, "GGML_L")) == {
        "-DGGML_LTO=ON",
        "-DGGML_LTO=OFF",
        "-DGGML_LLAMAFILE=ON",
        "-DGGML_LLAMAFILE=OFF",
    }
    for wrong in ("GGML_LTO:BOOLEAN=ON", "GGML_LTO:bool=ON"):
        assert kit.run("-D", wrong).returncode == kit.ab(wrong, "fa=0").returncode == 2


def test_both_sides_are_looked_up_before_the_first_is_built(kit: Kit) -> None:
    done = kit.ab("GGML_LTO=ON", "GGML_LTOO=ON", *BENCH)
    assert done.returncode == 2, done.stderr
    assert "the tree has no option GGML_LTOO" in done.stderr
    assert verbs(kit) == ["configure", "configure"]
    assert kit.bundles() == kit.partials() == []


def test_all_configs_of_a_sweep_are_looked_up_before_the_first_is_built(kit: Kit) -> None:
    words = ("--axis", "GGML_LTO=OFF,ON", "--axis", "GGML_LTOO=OFF,ON", "--repetitions", "1")
    done = kit.harness("sweep", *kit.words(*words)[1:])
    assert done.returncode == 2, done.stderr
    assert "the tree has no option GGML_LTOO" in done.stderr
    assert "build" not in verbs(kit)
    assert kit.bundles() == kit.partials() == []
    assert not list(kit.results.glob("*/*/*.sweep.json"))


def test_the_search_for_the_best_settings_refuses_it_too(kit: Kit) -> None:
    done = kit.harness("tune", *kit.words("-D", "GGML_LTOO=ON", "--budget", "5s", "--engine", "bench")[1:])
    assert done.returncode == 2, done.stderr
    assert "build" not in verbs(kit)
    assert kit.bundles() == kit.partials() == []


def test_a_build_alone_refuses_it_too(kit: Kit) -> None:
    done = kit.harness("build", "--source", str(kit.tree), "-D", "GGML_LTOO=ON")
    assert (done.returncode, verbs(kit)) == (2, ["configure"]), done.stderr


def test_a_tree_that_is_too_old_for_a_setting(kit: Kit) -> None:
    cache = kit.tools / "data" / "cache.txt"
    cache.write_text("".join(line for line in cache.read_text().splitlines(keepends=True) if "GGML_CUDA:" not in line))
    done = kit.run(*MEMCPY, "--backend", "cuda")
    assert done.returncode == 2, done.stderr
    assert "--backend cuda: the tree has no option GGML_CUDA" in done.stderr
    cache.write_text(
        "".join(line for line in cache.read_text().splitlines(keepends=True) if "GGML_LLAMAFILE:" not in line)
    )
    done = kit.run(*MEMCPY, "--llamafile", "on")
    assert (done.returncode, "--llamafile on: the tree has no" in done.stderr) == (2, True), done.stderr
    assert kit.run(*MEMCPY, "--llamafile", "off").returncode == 0, "it is off"


def test_an_older_tree_need_not_know_every_part_of_an_instruction_set(kit: Kit) -> None:
    cache = kit.tools / "data" / "cache.txt"
    lines = cache.read_text().splitlines(keepends=True)
    cache.write_text("".join(line for line in lines if not line.startswith("GGML_F16C:")))
    assert kit.run(*MEMCPY, "--isa", "avx2", "--no-roofline").returncode == 0
    (caveat,) = [one for one in kit.only_run().caveats if one.code == "option-ignored"]
    assert caveat.message.startswith("--isa avx2: the tree has no option GGML_F16C")
    cache.write_text("".join(line for line in lines if not line.startswith("GGML_AVX2:")))
    assert kit.run(*MEMCPY, "--isa", "avx2", "--no-roofline", "--rebuild").returncode == 2


def test_what_the_harness_wants_for_itself_the_tree_need_not_know(kit: Kit) -> None:
    cache = kit.tools / "data" / "cache.txt"
    lines = cache.read_text().splitlines(keepends=True)
    cache.write_text("".join(line for line in lines if not line.startswith(("GGML_CCACHE:", "GGML_NATIVE:"))))
    assert kit.run(*MEMCPY).returncode == 0


def test_the_tree_may_know_an_option_that_it_does_not_declare(kit: Kit) -> None:
    top = kit.tree / "CMakeLists.txt"
    top.write_text('project("whisper.cpp" C CXX)\n# GGML_IN_A_COMMENT\nif (DEFINED WHISPER_X OR GGML_Y)\nendif()\n')
    assert kit.run(*MEMCPY, "-D", "WHISPER_X=1", "-D", "GGML_Y=1").returncode == 0
    assert kit.run(*MEMCPY, "-D", "GGML_IN_A_COMMENT=1").returncode == 2
    build = kit.tree / "build"
    build.mkdir()
    (build / "CMakeCache.txt").touch()
    (build / "ggml-config.cmake").write_text('set(GGML_Z "1")\n')
    assert kit.run(*MEMCPY, "-D", "GGML_Z=1").returncode == 2, "what an earlier build wrote down knows everything"


def test_an_old_name_of_which_the_tree_itself_complains(kit: Kit) -> None:
    told = "  WHISPER_CUDA is deprecated and will be removed in the future.\n\n  Use GGML_CUDA instead\n"
    for exit_code in (0, 1):
        kit.break_tools({"cmake Release": {"print": told, "exit": exit_code}})
        done = kit.run(*MEMCPY, "-D", f"WHISPER_CUDA={'ON' if exit_code else 'YES'}")
        assert done.returncode == 2, done.stderr
        assert "WHISPER_CUDA is an old name" in done.stderr
        assert "did you mean GGML_CUDA?" in done.stderr


def test_a_configuration_that_fails_is_a_failed_build_still(kit: Kit) -> None:
    kit.break_tools({"cmake Release": {"print": "CMake Error: planted", "exit": 1, "silent": True}})
    assert kit.run(*MEMCPY, "-D", "GGML_LTOO=ON").returncode == 10


def test_the_record_says_what_was_asked_for(kit: Kit) -> None:
    assert kit.run(*MEMCPY, "-D", "GGML_LTO=ON", "--blas", "openblas").returncode == 0
    told = {option.name: option.asked for option in kit.only_run().config.options}
    assert told["GGML_LTO"] == "-D GGML_LTO=ON"
    assert told["GGML_BLAS"] == told["GGML_BLAS_VENDOR"] == "--blas openblas"
    assert told["GGML_CCACHE"] == ""
    assert json.loads((kit.bundles()[0] / "run.json").read_text())["config"]["options"]
