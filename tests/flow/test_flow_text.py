"""Bytes that are no UTF-8, from the system's side: what cannot be recorded is refused, or left out and said."""

import os

import pytest

from tests.flow.kit import Kit

QUICK = ("--bench", "whisper", "--no-tests", "--repetitions", "1", "--threads", "1")
ODD = os.fsdecode(b"odd\xff")


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (("--results", ODD), {}),
        (("--define", f"GGML_X={ODD}"), {}),
        (("--weights", ODD), {}),
        ((), {"HARNESS_AS_NODE": ODD}),
        ((), {"HARNESS_CACHE": ODD}),
    ],
)
def test_settings_that_cannot_be_recorded_are_refused(
    kit: Kit, words: tuple[str, ...], environ: dict[str, str]
) -> None:
    done = kit.run(*QUICK, *words, environ=environ)
    assert done.returncode == 2
    assert "contains bytes that are not UTF-8" in done.stderr
    assert not kit.bundles()


def test_a_home_that_cannot_be_recorded_is_no_place_for_a_cache(kit: Kit) -> None:
    done = kit.run(*QUICK, environ={"HARNESS_CACHE": "", "HOME": str(kit.folder / ODD)})
    assert (done.returncode, "the path of the cache" in done.stderr) == (2, True), done.stderr


def test_variables_that_cannot_be_recorded_are_left_out_and_said(kit: Kit) -> None:
    path = f"{os.environ['PATH']}:/{ODD}"
    done = kit.run(*QUICK, environ={"PATH": path, "OMP_PLACES": ODD, "ELSE": ODD})
    assert done.returncode == 0, done.stderr
    run = kit.only_run()
    assert "OMP_PLACES" not in dict(run.environment)
    assert dict(run.environment)["PATH"].endswith(os.environ["PATH"])
    (caveat,) = (one for one in run.caveats if one.code == "environment-unreadable")
    assert caveat.message.endswith(": OMP_PLACES, PATH")


def test_a_current_folder_of_such_a_name_serves(kit: Kit) -> None:
    folder = kit.folder / ODD
    folder.mkdir()
    kit.folder = folder
    done = kit.run(*QUICK, environ={"HARNESS_RESULTS": ""})
    assert done.returncode == 0, done.stderr
    assert len(list(folder.glob("results/*/*/*"))) == 1


@pytest.mark.parametrize("sign", [",", ":", ";"])
def test_a_cache_below_which_nothing_would_link_is_refused(kit: Kit, sign: str) -> None:
    done = kit.run(*QUICK, "--cache", str(kit.folder / f"a{sign}b"))
    assert done.returncode == 2
    assert f"would split the path at {sign!r}" in done.stderr
    assert not (kit.folder / f"a{sign}b").exists()
