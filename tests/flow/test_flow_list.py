"""`harness list` and its index: how many are shown, and that nothing stands between the list and the bundles."""

import os
import shutil
from pathlib import Path

import pytest

from harness.commands.list import SHOWN
from harness.store.bundle import create_bundle
from tests import sheet
from tests.answer import result_of
from tests.flow.kit import Kit

COUNT = SHOWN + 7


def fill(results: Path, count: int = COUNT) -> None:
    """Store so many runs, one an hour, on two nodes and in two months."""
    run = sheet.run()
    for number in range(count):
        month, hour = divmod(number, 24)
        clock = f"2026-0{month + 1}-01T{hour:02}:00:00"
        mine = run.replace(
            id=f"{clock.replace('-', '').replace(':', '')}Z-aaaaaaaa-11111111",
            start=f"{clock}+00:00",
            node=run.node.replace(name=f"node-{number % 2}"),
        )
        create_bundle(results, mine)[1].seal(mine, "the report\n")


@pytest.fixture(scope="module")
def results_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("shelf") / "results"
    fill(results)
    return results


@pytest.fixture
def filled(kit: Kit, results_folder: Path) -> Kit:
    shutil.copytree(results_folder, kit.results)
    return kit


def rows(kit: Kit, *words: str) -> list[str]:
    done = kit.harness("list", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def test_people_get_the_newest_and_are_told_of_the_others(filled: Kit) -> None:
    *shown, last = rows(filled)
    assert last == f"{COUNT - SHOWN} older runs are not shown; use --all or --limit N"
    everything = rows(filled, "--all")
    assert (len(everything), everything[-SHOWN:]) == (COUNT, shown)
    assert rows(filled, "--limit", "2")[:2] == everything[-2:]
    assert rows(filled, "--limit", str(COUNT)) == everything
    assert rows(filled, "--limit", "999") == everything


def test_the_limit_is_one_of_what_fits(filled: Kit) -> None:
    *shown, last = rows(filled, "--node", "node-1", "--limit", "3")
    assert [row.split()[2] for row in shown] == ["node-1"] * 3
    assert last.startswith(f"{COUNT // 2 - 3} older runs")
    assert len(rows(filled, "--node", "node-1")) == COUNT // 2
    assert len(rows(filled, "--since", "2026-03")) == COUNT - 48


def test_machines_get_all_unless_they_ask_for_less(filled: Kit) -> None:
    cards = result_of(filled.harness("list", "--json").stdout)["runs"]
    assert len(cards) == COUNT
    assert cards == sorted(cards, key=lambda card: card["start"])
    assert result_of(filled.harness("list", "--json", "--limit", "2").stdout)["runs"] == cards[-2:]


@pytest.mark.parametrize(
    "words",
    [
        ("--limit", "0"),
        ("--limit", "-1"),
        ("--limit", "x"),
        ("--all", "--limit", "2"),
        ("--unfinished", "--limit", "2"),
    ],
)
def test_a_limit_that_is_none(kit: Kit, words: tuple[str, ...]) -> None:
    done = kit.harness("list", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--limit" in done.stderr


def test_an_edited_run_is_listed_as_it_is(filled: Kit) -> None:
    for words in ((), ("--all",), ("--node", "node-0")):
        rows(filled, *words)
    file = filled.bundles()[0] / "run.json"
    file.write_text(file.read_text().replace("v1.8.5", "v1.8.6"))
    for words in (("--all",), ("--node", "node-0"), ("--json",)):
        assert "v1.8.6" in filled.harness("list", *words).stdout, words
    assert rows(filled, "--commit", "v1.8.6", "--all")


def test_runs_that_come_and_go_are_seen(filled: Kit) -> None:
    assert len(rows(filled, "--model", "base", "--all")) == COUNT
    shutil.rmtree(filled.bundles()[0])
    shutil.copytree(filled.results / "node-1", filled.folder / "aside")
    shutil.rmtree(filled.results / "node-1")
    assert len(rows(filled, "--model", "base", "--all")) == COUNT // 2
    (filled.folder / "aside").rename(filled.results / "node-1")
    assert len(rows(filled, "--model", "base", "--all")) == COUNT - 1


def test_nothing_is_written_into_the_results_and_a_cache_is_no_need(filled: Kit) -> None:
    before = sorted(filled.results.rglob("*"))
    for path in (filled.results, *filled.results.glob("*"), *filled.results.glob("*/*")):
        path.chmod(0o555)
    try:
        assert len(rows(filled, "--all")) == COUNT
    finally:
        for path in (filled.results, *filled.results.glob("*"), *filled.results.glob("*/*")):
            path.chmod(0o755)
    assert sorted(filled.results.rglob("*")) == before
    shutil.rmtree(filled.cache, ignore_errors=True)
    filled.cache.write_text("a file is in the way\n")
    assert len(rows(filled, "--all")) == COUNT
    assert filled.cache.read_text() == "a file is in the way\n"


def test_many_at_once_say_the_same(filled: Kit) -> None:
    for path in (filled.results, *filled.results.rglob("*")):
        os.utime(path, (1e9, 1e9))  # what is younger than two seconds is not kept
    children = [filled.start("list", "--model", "base", "--all") for _ in range(4)]
    answers = [child.communicate(timeout=60) for child in children]
    assert {child.returncode for child in children} == {0}
    assert len({stdout for stdout, _ in answers}) == 1
    assert len(answers[0][0].splitlines()) == COUNT + 1
    assert len(list(filled.cache.glob("index/*/*.sqlite3"))) == 1


def test_compare_chooses_by_the_index(filled: Kit) -> None:
    first = filled.harness("compare", "until=2026-01", "since=2026-02", "--across", "names", "--json")
    again = filled.harness("compare", "until=2026-01", "since=2026-02", "--across", "names", "--json")
    assert first.returncode in (0, 21), first.stderr
    assert first.stdout == again.stdout
    none = filled.harness("compare", "node=node-7", "latest")
    assert none.returncode == 2
    assert "matches node=node-7" in none.stderr


@pytest.mark.parametrize("by", ["harness.toml", "variable", "flag"])
def test_the_home_folder_is_meant_by_every_verb_that_reads(kit: Kit, by: str) -> None:
    fill(kit.folder / "bench", 1)
    environ, words = {"HARNESS_RESULTS": ""}, []
    if by == "harness.toml":
        (kit.folder / "harness.toml").write_text('results = "~/bench"\n')
    elif by == "variable":
        environ["HARNESS_RESULTS"] = "~/bench"
    else:
        words = ["--results=~/bench"]
    for verb in (
        ("list",),
        ("show", "latest"),
        ("report", "latest", "--output=~/report.md"),
        ("compare", "latest", "latest"),
        ("export", "all", "--output=~/tree"),
        ("cache",),
    ):
        done = kit.harness(*verb, *words, environ=environ)
        assert done.returncode == 0, (verb, done.stderr)
        assert "there are no runs" not in done.stderr
    assert (kit.folder / "report.md").is_file()
    assert (kit.folder / "tree").is_dir()
    assert not (kit.folder / "~").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("list", "--config", "~nobody-of-this-name/harness.toml"),
        ("show", "~nobody-of-this-name/run"),
        ("run", "--source", "~nobody-of-this-name/tree"),
        ("ab", "~nobody-of-this-name/tree", "v1.8.5"),
        ("ab", "compiler=~nobody-of-this-name/gcc", "compiler=gcc"),
    ],
)
def test_a_home_folder_of_nobody_has_a_sentence(kit: Kit, words: tuple[str, ...]) -> None:
    done = kit.harness(*words)
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert "~nobody-of-this-name" in done.stderr


def test_runs_since_so_long_ago(kit: Kit) -> None:
    fill(kit.results, 1)
    assert "aaaaaaaa" in kit.harness("list", "--until", "1h").stdout
    assert "aaaaaaaa" not in kit.harness("list", "--since", "1h").stdout
    refused = kit.harness("list", "--since", "soon")
    assert refused.returncode == 2
    assert "an age such as 7d" in refused.stderr
