"""A sweep as it is asked for: its design, a run for each config, and how it is taken up again from anywhere."""

from pathlib import Path

import pytest

from harness.commands.request import measure
from harness.commands.request.place import open_workplace
from harness.commands.request.sweep import (
    NO_FILE,
    KeptSweep,
    SweepRequest,
    read_sweep_file,
    recall_design,
    resolve_kept_sweep,
    resolve_sweep,
)
from harness.errors import UnfitError, UsageError
from harness.run.places import Workplace
from harness.settings.layer import Settings, layer_settings
from harness.settings.request import RunRequest
from harness.system.console import Console
from tests import factory


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "probe_capture", lambda environ: {})
    monkeypatch.setattr(measure, "rank_cores", lambda capture: ((0,), (1,)))


def layered(**flags: object) -> Settings:
    return layer_settings(file={}, file_name="", environ={}, flags={"threads": ["1"], **flags})


def workplace(settings: Settings) -> Workplace:
    return open_workplace(settings, {}, Console(quiet=True))


def resolved(**flags: object) -> SweepRequest:
    settings = layered(**flags)
    return resolve_sweep(settings, workplace(settings), factory.haswell(), NO_FILE, ())


def test_a_sweep_is_taken_up_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tree", "clang", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    order = resolved(source="tree", compiler="clang")
    kept = {one.name: one.value for one in order.design.settings}
    assert kept["source"] == str(tmp_path / "tree")
    assert kept["compiler"] == "clang", "a program on PATH, not the folder of that name"
    monkeypatch.chdir(tmp_path / "elsewhere")
    recalled, again = recall_design(order.design, (), layered(threads=["2"]), factory.haswell())
    assert again == order.measure.suite
    assert recalled.text("source") == kept["source"]


def test_every_config_has_its_run() -> None:
    order = resolved(isa="avx2,avx512", openmp="on,off", threads=["1", "2"])
    assert [dict(entry.values)["isa"] for entry in order.design.entries] == ["avx2", "avx2", "avx512", "avx512"]
    fit = [run for run in order.runs.values() if isinstance(run, RunRequest)]
    assert [run.build.isa for run in fit] == ["avx2", "avx2"]
    assert [run.build.recipe.options[0].value for run in fit] == ["ON", "OFF"]
    assert all(run.measure.suite.threads == (1, 2) and not run.measure.roofline for run in fit)
    assert [isinstance(order.runs[number], UnfitError) for number in (2, 3)] == [True, True]
    assert "avx512" in str(order.runs[2]), "the CPU of the node has no AVX-512"


def test_what_no_config_can_be_is_refused_before_anything_is_fetched() -> None:
    with pytest.raises(UsageError, match="unknown value 'metall'"):
        resolved(backend="cpu,metall")
    with pytest.raises(UsageError, match="--pin: CPU 5 may not be used"):
        resolved(pin="5")
    with pytest.raises(UsageError, match="--loadable needs --engine bench"):
        resolved(loadable=True, engine="library")


def test_only_what_is_left_of_a_sweep_is_asked_for_again() -> None:
    order, settings = resolved(openmp="on,off"), layered()
    again = resolve_kept_sweep(settings, workplace(settings), factory.haswell(), KeptSweep(order.design, (), [1]))
    assert again.runs.keys() == {1}
    kept, begun = again.runs[1], order.runs[1]
    assert isinstance(kept, RunRequest)
    assert isinstance(begun, RunRequest)
    assert (kept.build, kept.measure, kept.source) == (begun.build, begun.measure, begun.source)


def test_a_sweep_that_kept_nothing_and_lost_its_runs_cannot_be_followed() -> None:
    order, settings = resolved(), layered()
    without = order.design.replace(settings=())
    assert not resolve_kept_sweep(settings, workplace(settings), factory.haswell(), KeptSweep(without, (), [])).runs
    with pytest.raises(UsageError, match="cannot be resumed"):
        resolve_kept_sweep(settings, workplace(settings), factory.haswell(), KeptSweep(without, (), [0]))


def test_the_settings_of_a_file_decide_about_folders(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(f'[settings]\ncache = "{tmp_path / "cache"}"\nresults = "{tmp_path / "there"}"\nwait = false\n')
    settings, rest = read_sweep_file(layered(results=str(tmp_path / "flag")), str(file))
    places = workplace(settings).places
    assert (places.cache, places.results, places.wait) == (tmp_path / "cache", tmp_path / "flag", False)
    assert rest == (str(file), {}, ())


@pytest.mark.parametrize("name", ["bench", "tests", "quiet", "format"])
def test_a_setting_without_effect_is_refused_in_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(f"[settings]\n{name} = true\n")
    with pytest.raises(UsageError, match=f"the setting {name} has no effect in a sweep file"):
        read_sweep_file(layered(), str(file))
