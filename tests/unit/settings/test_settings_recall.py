"""Settings that were kept are in force again, whatever those of today are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.records.run import SettingOrigin, SettingUsed
from harness.settings.layer import Settings, layer_settings
from harness.settings.recall import (
    DECISIVE,
    list_decisive,
    name_options,
    recall,
    restore_settings,
    spell_options,
    spell_run,
)
from harness.settings.table import BY_NAME


def layered(**flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ={}, flags=flags)


BEGUN = {
    "model": ["tiny", "base"],
    "threads": ["1", "2"],
    "flash_attn": ["0", "1"],
    "force_threads": True,
    "repetitions": 3,
    "seed": 7,
    "timeout": "90s",
    "weights": "synthetic",
    "isa": "avx,avx2",
    "define": ["CMAKE_C_FLAGS=-Wl,-z,now -O2", "GGML_LTO=ON"],
}


def test_every_decisive_setting_is_one() -> None:
    assert BY_NAME.keys() >= DECISIVE
    of_today = (
        "weights_mirror wait_quiet refuse_noise retries rebuild jobs job as_node results cache wait dry_run format "
        "quiet verbose"
    )
    of_sweeps = {setting.name for setting in BY_NAME.values() if "sweep" in setting.commands}
    assert of_sweeps - DECISIVE == set(of_today.split()), "whether a new setting decides what is measured must be said"


def test_what_was_kept_is_in_force_again() -> None:
    begun = layered(**BEGUN)
    today = layered(isa="native", seed=1, define=["GGML_BLAS=ON"], results="elsewhere", llamafile="on")
    again = recall(today, list_decisive(begun))
    assert list_decisive(again) == list_decisive(begun)
    assert again.text("results") == "elsewhere", "where it is done is a matter of today"
    assert again.words("define") == begun.words("define")
    assert again.is_default("llamafile")
    assert not again.is_default("isa")


@given(st.lists(st.sampled_from(["A=1,2", "B=", "C_D=x y", "E:STRING=-Wl,-rpath,/x", "F=a,b=c"]), unique=True))
def test_options_survive(words: list[str]) -> None:
    begun = layered(define=words) if words else layered()
    again = recall(layered(), list_decisive(begun))
    assert ",".join(again.words("define")) == ",".join(begun.words("define"))


def test_a_login_is_not_kept_and_that_of_today_serves() -> None:
    begun = layered(repo="https://me:secret@example.org/x")
    kept = list_decisive(begun)
    assert "secret" not in str(kept)
    today = layered(repo="https://me:other@example.org/x")
    assert recall(today, kept).text("repo") == "https://me:other@example.org/x"
    with pytest.raises(UsageError, match="--repo"):
        recall(layered(), kept)


def test_what_an_earlier_harness_called_otherwise_is_taken() -> None:
    kept = [SettingUsed(name="engine", value="sampler", origin=SettingOrigin.FLAG)]
    assert recall(layered(), kept).text("engine") == "library"


@pytest.mark.parametrize(("was", "name"), [("no_tests", "tests"), ("no_roof", "roofline"), ("no_wait", "wait")])
def test_a_setting_that_was_switched_the_other_way_round_is_taken(was: str, name: str) -> None:
    kept = SettingUsed(name=was, value="True", origin=SettingOrigin.FLAG)
    assert not restore_settings([kept]).flag(name)
    assert restore_settings([kept.replace(value="False")]).flag(name)
    with pytest.raises(ValueError, match="maybe"):
        restore_settings([kept.replace(value="maybe")])


@pytest.mark.parametrize("name", ["results", "as_node", "cache", "nothing"])
def test_what_does_not_decide_is_not_taken(name: str) -> None:
    kept = [one.replace(name=name, value="../../x", origin=SettingOrigin.FLAG) for one in list_decisive(layered())[:1]]
    today = layered()
    assert recall(today, kept) == today


def test_all_that_was_described_can_be_restored() -> None:
    settings = layer_settings(
        file={"model": ["tiny", "base"], "threshold": "1.5 %", "timeout": "1h30m", "huge_pages": True},
        file_name="harness.toml",
        environ={"HARNESS_REPETITIONS": "7", "HARNESS_THREADS": "1,2"},
        flags={"define": ["CMAKE_CXX_FLAGS=-O2 -g", "X=a,b,c", "Y=", "Z=1,2"], "source": "/a, b"},
    )
    assert restore_settings(settings.describe()) == settings
    assert restore_settings(()) == layered()
    for name in ("repetitions", "roofline", "timeout"):
        with pytest.raises(ValueError, match="many"):
            restore_settings([one.replace(value="many") for one in settings.describe() if one.name == name])


def test_the_options_of_a_build_are_those_that_are_not_as_by_default() -> None:
    begun = layered(**BEGUN | {"isa": "avx2"}, openmp="off", werror=True, repo="https://me:secret@example.org/x")
    assert name_options(list_decisive(begun)) == (
        *("--isa", "avx2", "--openmp", "off"),
        *("-D", "CMAKE_C_FLAGS=-Wl,-z,now -O2", "-D", "GGML_LTO=ON", "--werror"),
        *("--weights", "synthetic", "--force-threads"),
    )
    assert name_options(layered(weights="synthetic", as_node="ci 8", nice=5, wait_quiet="5m").describe()) == (
        *("--weights", "synthetic", "--nice", "5", "--as-node", "ci 8"),
    )
    again = layer_settings(file={}, file_name="", environ={}, flags={"isa": "avx2", "openmp": "off"})
    assert name_options(list_decisive(again)) == ("--isa", "avx2", "--openmp", "off")
    assert name_options(list_decisive(layered())) == ()


def test_what_cannot_be_understood_is_no_option() -> None:
    odd = [SettingUsed(name="werror", value="perhaps", origin=SettingOrigin.FLAG)]
    assert name_options([*odd, SettingUsed(name="of_tomorrow", value="1", origin=SettingOrigin.FLAG)]) == ()


def test_what_was_set_can_be_written_as_options() -> None:
    settings = layer_settings(
        file={"model": ["tiny"]},
        file_name="harness.toml",
        environ={"HARNESS_THREADS": "1"},
        flags={
            "define": ["GGML_LTO=ON", "X=a,b"],
            "huge_pages": True,
            "timeout": "90s",
            "ref": "v1.8.5",
            "precision": "0.5%",
        },
    )
    percent = spell_run(settings.describe())
    assert percent[percent.index("--precision") + 1] == "0.5%"
    words = spell_options(list_decisive(settings), besides=("ref",))
    assert words == (
        *("--model", "tiny", "--threads", "1", "--timeout", "90.0s", "--huge-pages"),
        *("-D", "GGML_LTO=ON", "-D", "X=a,b"),
    )
