"""Bundles travel: as folders, zip and tar archives, in any order, as often as somebody likes."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.judge.sweep_check import sum_up
from harness.night.notice import mark_path
from harness.records.commit_line import CommitLine
from harness.records.sweep import Sweep
from harness.render.night import render_night
from harness.store.bisection_file import save_bisection
from harness.store.night_file import save_night
from harness.store.sweep_file import save_sweep, save_tables
from tests import field
from tests.flow.kit import Kit
from tests.stand import DAYS, Stand
from tests.unit.bisect.test_bisect_loop import begin
from tests.unit.render.test_render_night import full


@pytest.fixture
def away(tmp_path: Path) -> Stand:
    """The results of another node."""
    stand = Stand(tmp_path / "away")
    for day in DAYS:
        (stand.add(day, node="far") / "logs" / "a.log").write_text(day)
    return stand


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put_sweep(stand: Stand, *, end: str = "2026-01-01T01:00:00+00:00") -> Path:
    """Store a sweep of the other node, with its tables."""
    made = field.sweep()
    entries = tuple(one.replace(run="20260101T000000Z-aaaaaaaa-11111111") for one in made.entries)
    name = f"20260101T000000Z-{sum_up(made.axes, made.cells)}"
    sweep: Sweep = made.replace(id=name, node="far", end=end, entries=entries)
    save_tables(stand.results, sweep, markdown="a table\n", csv="a,b\n")
    return save_sweep(stand.results, sweep)


def put_bisection(stand: Stand, *, end: str = "2026-01-01T01:00:00+00:00") -> Path:
    """Store a bisection of the other node."""
    return save_bisection(stand.results, begin().replace(node="far", end=end))


def pack(stand: Stand, target: Path) -> Path:
    if target.suffix == ".zip":
        with zipfile.ZipFile(target, "w") as packed:
            for name, content in contents(stand.results).items():
                packed.writestr(f"results/{name}", content)
    else:
        with tarfile.open(target, "w:gz") as tar:
            tar.add(stand.results, "results")
    return target


def test_one_bundle_then_all_of_them(kit: Kit, away: Stand) -> None:
    (bundle, *_) = sorted(away.results.glob("*/*/*"))
    done = kit.harness("import", str(bundle))
    assert (done.returncode, done.stdout) == (0, f"imported 1 run into {kit.results}\n"), done.stderr
    done = kit.harness("import", str(away.results))
    assert done.stdout == f"imported 2 runs into {kit.results}\n  1 was already there\n"
    assert "read 3 bundles in" in done.stderr
    assert contents(kit.results) == contents(away.results)
    assert len(kit.harness("list").stdout.splitlines()) == 4


@pytest.mark.parametrize("name", ["artifact.zip", "nightly.tar.gz"])
def test_archives(kit: Kit, away: Stand, tmp_path: Path, name: str) -> None:
    archive = pack(away, tmp_path / name)
    for says in ("imported 3 runs", "imported 0 runs"):
        done = kit.harness("import", str(archive))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(says)
        assert contents(kit.results) == contents(away.results)
        assert [path.name for path in kit.results.iterdir()] == ["far"], "nothing else is left there"


def test_two_with_one_id_and_other_bytes(kit: Kit, away: Stand, tmp_path: Path) -> None:
    kit.harness("import", str(away.results))
    before = contents(kit.results)
    (bundle, *_) = sorted(away.results.glob("*/*/*"))
    (bundle / "logs" / "a.log").write_text("edited")
    archive = pack(away, tmp_path / "again.zip")
    done = kit.harness("import", str(archive))
    assert done.returncode == 5
    assert f"{archive}/results/far/2026-01/{bundle.name} is not imported" in done.stderr
    assert "has the same id and another logs/a.log" in done.stderr
    assert "2 were already there" in done.stdout
    assert contents(kit.results) == before


def test_what_is_no_bundle_is_named_and_the_others_come(kit: Kit, away: Stand) -> None:
    broken, linked, whole = sorted(away.results.glob("*/*/*"))
    (broken / "run.json").write_text("{")
    (linked / "logs" / "link").symlink_to("/etc/passwd")
    partial = whole.with_name(f"{whole.name}.partial")
    shutil.copytree(whole, partial)
    done = kit.harness("import", str(away.results))
    assert done.returncode == 5
    assert f"{linked} is not imported" in done.stderr
    assert str(broken) in done.stderr
    assert f"skipped {partial} (an unfinished run)" in done.stderr
    assert [path.name for path in kit.results.glob("*/*/*")] == [whole.name]


@pytest.mark.parametrize("node", ["../../out", "/tmp/x", ".hidden", "", "a\\nb", "a\\u001bb", 256 * "n"])
def test_a_node_whose_name_leads_elsewhere(kit: Kit, away: Stand, node: str) -> None:
    (bundle, *_) = sorted(away.results.glob("*/*/*"))
    text = (bundle / "run.json").read_text()
    (bundle / "run.json").write_text(text.replace('"far"', f'"{node}"'))
    done = kit.harness("import", str(bundle))
    assert done.returncode == 5
    assert not list(kit.results.glob("*/*/*"))
    assert "cannot be the name of a node" in done.stderr or "cannot be understood" in done.stderr


@pytest.mark.parametrize(
    "name",
    ["x", "20261301T000000Z-a", "20260101T000000Z-a.partial", "20260101T000000Z-a\\n", f"20260101T000000Z-{'a' * 300}"],
)
def test_an_id_that_is_not_one(kit: Kit, away: Stand, name: str) -> None:
    (bundle, *_) = sorted(away.results.glob("*/*/*"))
    text = (bundle / "run.json").read_text()
    (bundle / "run.json").write_text(text.replace(f'"{bundle.name}"', f'"{name}"'))
    done = kit.harness("import", str(bundle))
    assert (done.returncode, "is not the id of a run" in done.stderr) == (5, True), done.stderr
    assert not list(kit.results.glob("*/*/*"))


@pytest.mark.parametrize("damage", ["damaged", "empty", "unfinished", "unfinished sweep"])
def test_one_of_several_that_holds_nothing_does_not_stop_the_others(
    kit: Kit, away: Stand, tmp_path: Path, damage: str
) -> None:
    good, other = pack(away, tmp_path / "good.zip"), tmp_path / "other"
    if damage == "damaged":
        other.write_bytes(good.read_bytes()[:-10])
    elif damage == "empty":
        with zipfile.ZipFile(other, "w") as packed:
            packed.writestr("a.txt", "nothing")
    elif damage == "unfinished sweep":
        other.mkdir()
        put_sweep(away, end="")
        for file in away.results.glob("*/*/*.sweep.*"):
            file.rename(other / file.name)
    else:
        shutil.copytree(next(away.results.glob("*/*/*")), other / "a.partial")
    done = kit.harness("import", str(other), str(good))
    assert (done.returncode, str(other) in done.stderr) == (5, True), done.stderr
    assert done.stdout == f"imported 3 runs into {kit.results}\n  1 was not imported\n"
    assert contents(kit.results) == contents(away.results)
    alone = kit.harness("import", str(other))
    assert (alone.returncode, alone.stdout) == (5, "")
    assert alone.stderr.startswith(f"harness: {other} is not unpacked" if damage == "damaged" else "harness: there is")
    assert "an unfinished run" in alone.stderr or damage != "unfinished"
    assert "an unfinished sweep" in alone.stderr or damage != "unfinished sweep"
    assert "  try:   " in alone.stderr or damage == "damaged"


@pytest.mark.parametrize("name", ["", "all.zip"])
def test_sweeps_come_with_their_runs(kit: Kit, away: Stand, tmp_path: Path, name: str) -> None:
    path = put_sweep(away)
    source = pack(away, tmp_path / name) if name else away.results
    done = kit.harness("import", str(source))
    assert (done.returncode, done.stdout) == (0, f"imported 3 runs and 1 sweep into {kit.results}\n"), done.stderr
    assert "read 3 bundles and 1 sweep in" in done.stderr
    assert contents(kit.results) == contents(away.results)
    again = kit.harness("import", str(source))
    assert (again.returncode, again.stdout) == (0, f"imported 0 runs into {kit.results}\n  3 were already there\n")
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    other = kit.harness("import", str(away.results))
    assert (other.returncode, f"{path} is not imported" in other.stderr) == (5, True)
    assert "exists and holds something else" in other.stderr
    assert '"seed": 1' in next(kit.results.glob("*/*/*.sweep.json")).read_text()


def test_a_sweep_that_is_not_finished_or_not_whole_stays(kit: Kit, away: Stand) -> None:
    path = put_sweep(away, end="")
    done = kit.harness("import", str(away.results))
    assert done.returncode == 0
    assert f"skipped {path} (an unfinished sweep)" in done.stderr
    path.write_text('{"schema": 6, "end": "x"}')
    done = kit.harness("import", str(away.results))
    assert (done.returncode, str(path) in done.stderr) == (5, True)
    assert not list(kit.results.glob("*/*/*.sweep.*"))


def test_bisections_come_with_their_runs(kit: Kit, away: Stand, tmp_path: Path) -> None:
    path = put_bisection(away)
    put_sweep(away)
    name = path.name.removesuffix(".bisect.json")
    source = pack(away, tmp_path / "all.zip")
    done = kit.harness("import", str(source))
    assert done.stdout == f"imported 3 runs, 1 sweep and 1 bisection into {kit.results}\n", done.stderr
    assert "read 3 bundles, 1 bisection and 1 sweep in" in done.stderr
    assert contents(kit.results) == contents(away.results)
    assert f"search {name}" in " ".join(kit.harness("show", "bisect").stdout.split())
    table = kit.harness("show", "bisect", "--format", "csv")
    assert (table.returncode, f"{name} is a bisection, which has no table" in table.stderr) == (2, True)
    again = kit.harness("import", str(source))
    assert again.stdout == f"imported 0 runs into {kit.results}\n  3 were already there\n"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    other = kit.harness("import", str(away.results))
    assert (other.returncode, "exists and holds something else" in other.stderr) == (5, True)
    resumed = kit.harness("bisect", "--resume", name, environ={"HARNESS_AS_NODE": "far"})
    assert (resumed.returncode, "has its answer already" in resumed.stderr) == (2, True)


def test_nights_come_along_and_are_shown(kit: Kit, away: Stand) -> None:
    path = save_night(away.results, full().replace(node="far"))
    mark = mark_path(away.results, full().new[0].replace(node="far"))
    mark.parent.mkdir()
    mark.write_text("{}")
    done = kit.harness("import", str(away.results))
    assert "skipped" not in done.stderr
    assert done.stdout == f"imported 3 runs and 1 night into {kit.results}\n", done.stderr
    assert (kit.results / path.relative_to(away.results)).read_bytes() == path.read_bytes()
    assert kit.harness("import", str(path.parent)).returncode == 0
    shown = kit.harness("show", "night")
    assert shown.stdout == render_night(full().replace(node="far"))
    marked = kit.harness("show", "night", "--format", "markdown")
    assert marked.stdout.startswith("## far: 1 regression confirmed")


def test_a_bisection_that_is_not_finished_or_not_whole_stays(kit: Kit, away: Stand) -> None:
    path = put_bisection(away, end="")
    done = kit.harness("import", str(away.results))
    assert (done.returncode, f"skipped {path} (an unfinished bisection)" in done.stderr) == (0, True)
    save_bisection(
        away.results, begin().replace(node="far", end="x", line=CommitLine(good=begin().line.good, commits=(), repo=""))
    )
    done = kit.harness("import", str(away.results))
    assert (done.returncode, "it has no commits" in done.stderr) == (5, True)
    assert not list(kit.results.glob("*/*/*.bisect.*"))


def test_an_archive_of_nothing(kit: Kit, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as packed:
        packed.writestr("a.txt", "nothing")
    done = kit.harness("import", str(tmp_path / "empty.zip"))
    assert done.returncode == 5
    assert "empty.zip" in done.stderr
    assert ".import-" not in done.stderr
