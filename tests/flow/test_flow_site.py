"""`harness site`: from stored results to a folder of pages, and again when something is new."""

import json
import random
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.answer import result_of
from tests.flow.kit import Kit, wait_for
from tests.ghost import write_reports

NODES = ("ggml-2-x86-cpu", "ggml-0-x86-cpu-low-perf")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Kit:
    kit = Kit(tmp_path_factory.mktemp("site"), tiny_weights)
    for node in NODES:
        write_reports(kit.folder / "tree" / "whisper.cpp", node)
    done = kit.harness("import", str(kit.folder / "tree" / "whisper.cpp"))
    assert done.returncode == 0, done.stderr
    return kit


@pytest.fixture
def own(stored: Kit, tmp_path: Path, tiny_weights: Path) -> Kit:
    """Return a kit with results of its own, which a test may change."""
    kit = Kit(tmp_path, tiny_weights)
    shutil.copytree(stored.results, kit.results)
    return kit


def make(kit: Kit, *words: str, code: int = 0) -> dict[str, Any]:
    """Write the site of a kit, and return the summary."""
    done = kit.harness("site", "-o", str(kit.folder / "site"), "--json", *words)
    assert done.returncode == code, done.stderr
    answer: dict[str, Any] = result_of(done.stdout)
    return answer


def read(kit: Kit) -> dict[str, bytes]:
    site = kit.folder / "site"
    found = (path for path in site.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(site)): path.read_bytes() for path in found}


def refuse(kit: Kit, *words: str, code: int) -> str:
    done: subprocess.CompletedProcess[str] = kit.harness("site", *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "try:" in done.stderr
    return done.stderr


def test_a_site_has_a_page_of_each_kind_and_nothing_else(own: Kit) -> None:
    made = make(own)
    assert (made["nodes"], made["new"]) == (sorted(NODES), sorted(NODES))
    pages = read(own)
    assert made["written"] == len(pages) - 1
    assert {"index.html", "site.css", "site.js", "icon.svg", "site.json"} < pages.keys()
    for node in NODES:
        state = json.loads(pages[f"state/{node}.json"])
        assert (state["node"], state["run_count"], len(state["series"])) == (node, 26, 3)
        assert len(state["runs"]) == 2, "the newest, and one of the commit before"
        assert {one["page"] for one in state["series"]} < pages.keys()
    assert {path.partition("/")[0] for path in pages} <= {
        *(
            "index.html",
            "site.css",
            "site.js",
            "icon.svg",
            "site.json",
            "state",
            "nodes",
            "data",
            "events",
            "events.html",
            "nodes.html",
        ),
        *("commits", "compare.html", "unreadable.html"),
    }


def test_what_has_not_changed_is_not_written(own: Kit) -> None:
    make(own)
    before = {path: (own.folder / "site" / path).stat().st_ino for path in read(own)}
    made = make(own)
    assert (made["new"], made["written"], made["removed"]) == ([], 0, 0)
    assert {path: (own.folder / "site" / path).stat().st_ino for path in read(own)} == before


def require_same_from_nothing(kit: Kit) -> None:
    """Compare the site with one that is made from nothing, without an index and without what the judge knew."""
    updated = read(kit)
    shutil.rmtree(kit.folder / "site")
    shutil.rmtree(kit.cache)
    kit.harness("site", "-o", str(kit.folder / "site"))
    whole = read(kit)
    assert {path for path in whole if whole[path] != updated.get(path)} <= {"site.json"}
    assert whole.keys() == updated.keys()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_to_the_results_the_site_is_that_of_what_is_there(own: Kit, seed: int) -> None:
    draw = random.Random(seed)
    aside = own.folder / "aside"
    aside.mkdir()
    homes = {path.name: path for path in own.bundles()}
    for path in draw.sample(sorted(homes.values()), 30):
        shutil.move(path, aside / path.name)
    for _ in range(6):
        for act in draw.choices(("come", "go", "subject", "value", "kernel", "purpose", "triage"), k=4):
            there, away = sorted(own.bundles()), sorted(aside.iterdir())
            if act == "come":
                for path in draw.sample(away, min(3, len(away))):
                    homes[path.name].parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(path, homes[path.name])
            elif act == "go":
                shutil.move(chosen := draw.choice(there), aside / chosen.name)
            elif act == "triage":
                (own.results / "triage.toml").write_text(f"[{draw.choice(events(own))}]\nstate = 'wontfix'\n")
            else:
                alter(draw.choice(there) / "run.json", act, draw.randrange(3))
        make(own)
    require_same_from_nothing(own)


def events(kit: Kit) -> list[str]:
    """Return the ids of the events of the site, and one that nothing has."""
    states = sorted((kit.folder / "site" / "state").glob("*.json"))
    return ["0" * 8, *(one["id"] for path in states for one in json.loads(path.read_text())["events"])]


def alter(path: Path, what: str, number: int) -> None:
    """Change one thing in the record of a run."""
    run = json.loads(path.read_text())
    if what == "subject":
        run["source"]["commit"]["message"] = f"subject {number}"
    elif what == "value":
        run["results"][0]["measurements"][0]["value"] *= (0.7, 1.1, 1.4)[number]
    elif what == "kernel":
        run["node"]["kernel"] = f"6.{number}"
    else:
        run["purpose"] = ("night", "manual", "audit")[number]
    path.write_text(json.dumps(run))


def test_a_site_from_nothing_is_the_same_as_one_brought_up_to_date(own: Kit) -> None:
    bundles = sorted(own.bundles())
    late = [path for path in bundles if path.parents[1].name == NODES[0]][-3:]
    aside = own.folder / "aside"
    aside.mkdir()
    for path in late:
        shutil.move(path, aside / path.name)
    make(own)
    for path in late:
        shutil.move(aside / path.name, path)
        made = make(own)
        assert made["new"] == [NODES[0]]
    require_same_from_nothing(own)


def test_one_new_run_leaves_other_nodes_alone(own: Kit) -> None:
    make(own)
    before = {path: (own.folder / "site" / path).stat().st_mtime_ns for path in read(own)}
    newest = max(path for path in own.bundles() if path.parents[1].name == NODES[0])
    shutil.rmtree(newest)
    made = make(own)
    assert made["new"] == [NODES[0]]
    after = {path: (own.folder / "site" / path).stat().st_mtime_ns for path in read(own)}
    others = [path for path in before if NODES[1] in path]
    assert others
    assert all(after[path] == before[path] for path in others)


def test_triage_makes_pages_new(own: Kit) -> None:
    make(own)
    state = json.loads(read(own)[f"state/{NODES[0]}.json"])
    event = state["events"][0]["id"]
    (own.results / "triage.toml").write_text(f'[{event}]\nstate = "acknowledged"\nnote = "the kernel"\n')
    assert make(own)["new"] == sorted(NODES)
    (found,) = (one for one in json.loads(read(own)[f"state/{NODES[0]}.json"])["events"] if one["id"] == event)
    assert found["triage"]["note"] == "the kernel"
    (own.results / "triage.toml").write_text("[x\n")
    before = read(own)
    assert "triage.toml" in refuse(own, "-o", str(own.folder / "site"), code=5)
    assert read(own) == before


def test_without_runs_the_site_says_how_to_begin(kit: Kit) -> None:
    made = make(kit)
    assert (made["nodes"], made["unreadable"]) == ([], [])
    assert b"harness run" in read(kit)["index.html"]
    assert "the results hold no run yet: harness run measures one" in kit.harness("site").stdout


def test_a_single_run_is_enough(own: Kit) -> None:
    first, *others = sorted(own.bundles())
    for path in others:
        shutil.rmtree(path)
    assert len(make(own)["nodes"]) == 1
    assert read(own)["index.html"]
    assert str(first.parents[1].name).encode() in read(own)["index.html"]


def test_a_broken_run_is_named_and_the_site_is_written(own: Kit) -> None:
    whole = make(own)
    broken = sorted(own.bundles())[5]
    (broken / "run.json").write_text("{")
    made = make(own, code=5)
    assert len(made["unreadable"]) == 1
    assert broken.name in made["unreadable"][0]
    assert made["nodes"] == whole["nodes"]
    pages = read(own)
    named = [path for path, content in pages.items() if path.endswith(".html") and broken.name.encode() in content]
    assert named, "a page says what could not be read"
    assert str(own.results).encode() not in pages["unreadable.html"], "where the results are is nobody's business"
    assert made == make(own, code=5) | {"new": made["new"], "written": made["written"], "kept": made["kept"]} | {
        "removed": made["removed"]
    }
    shutil.rmtree(broken)
    assert make(own)["unreadable"] == []


def test_one_node_alone(own: Kit) -> None:
    made = make(own, "--node", NODES[1])
    assert made["nodes"] == [NODES[1]]
    assert not any(NODES[0] in path for path in read(own))
    said = refuse(own, "-o", str(own.folder / "site"), "--node", "ggml-2-x86", code=2)
    assert f"did you mean {NODES[0]}" in said


def test_folders_that_are_no_place_for_a_site(own: Kit) -> None:
    bundle = own.bundles()[0]
    for folder in (own.results, own.results / "site", bundle, bundle / "logs" / "x", own.cache / "site"):
        refuse(own, "-o", str(folder), code=2)
    thesis = own.folder / "thesis"
    thesis.mkdir()
    (thesis / "index.html").write_text("mine")
    assert "index.html" in refuse(own, "-o", str(thesis), code=2)
    assert (thesis / "index.html").read_text() == "mine"
    (thesis / "site.json").write_text('{"schema": 1, "title": "of another program"}')
    assert "site.json" in refuse(own, "-o", str(thesis), code=2)
    assert (thesis / "index.html").read_text() == "mine"
    (own.folder / "file").write_text("mine")
    refuse(own, "-o", str(own.folder / "file"), code=3)
    done = own.harness("site", "-o", str(thesis), "--force")
    assert done.returncode == 0
    assert "index.html" in done.stderr


def edit(kit: Kit, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the record of a run, by its number in the order of time on all nodes."""
    path = sorted(kit.bundles(), key=lambda one: one.name)[number] / "run.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def test_a_run_that_was_copied_has_one_page(own: Kit) -> None:
    first = sorted(own.bundles())[0]
    shutil.copytree(first, first.with_name("copy"))
    other = own.results / NODES[1] / "2024-01"
    other.mkdir()
    shutil.copytree(first, other / first.name)
    assert make(own)["nodes"] == sorted(NODES)
    data = read(own)[f"data/{first.parents[1].name}.js"].decode()
    assert data.count(f'"{first.name}"') == 1


def test_names_that_lead_to_one_page_are_no_obstacle(own: Kit) -> None:
    for number in range(4):  # commits with the same twelve digits, which somebody made up
        sha = f"abcdefabcdef{number:028x}"
        edit(own, number, lambda run, sha=sha: run["source"]["commit"].update(sha=sha))  # type: ignore[misc]
    for number, name in ((4, "abcdefabcdef"), (5, "index")):
        edit(own, number, lambda run, name=name: run["source"]["commit"].update(sha="", release=name))  # type: ignore[misc]
    make(own)
    pages = read(own)
    assert b"Commits that were measured" in pages["commits/index.html"]
    assert "commits/abcdefabcdef.html" in pages
    assert sum(path.startswith(("commits/abcdefabcdef-", "commits/index-")) for path in pages) == 2
    assert make(own)["written"] == 0


def test_a_record_that_was_changed_in_its_place_is_seen_at_once(own: Kit) -> None:
    make(own)
    time.sleep(3)  # a record that has just been written is looked at in any case
    make(own)
    edit(own, 9, lambda run: run["source"]["commit"].update(message="another subject"))
    (own.bundles()[0] / "run.json").write_text("{")
    assert "cannot be understood" in make(own, code=5)["unreadable"][0]
    require_same_from_nothing(own)


@pytest.mark.parametrize("name", ["x" * 4000, "/../etc", "..", "a/b", "\N{RIGHT-TO-LEFT OVERRIDE}x", "**", "~"])
def test_a_node_may_have_any_name(own: Kit, name: str) -> None:
    edit(own, 0, lambda run: run["node"].update(name=name))
    assert sorted(make(own)["nodes"]) == sorted([*NODES, name])
    assert make(own)["written"] == 0


def test_a_run_without_a_node_is_named(own: Kit) -> None:
    edit(own, 0, lambda run: run["node"].update(name=""))
    made = make(own, code=5)
    assert made["nodes"] == sorted(NODES)
    assert "it names no node" in made["unreadable"][0]
    assert b"it names no node" in read(own)["unreadable.html"]


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/", "example.org", "javascript:alert(1)", "https://", "https://a b/", "//example.org/"),
        *("https://user:secret@example.org/", "https://example.org/?a=1", "https://example.org/#x", "http://[::1/"),
    ],
)
def test_a_wrong_address_is_refused(own: Kit, url: str) -> None:
    said = refuse(own, "-o", str(own.folder / "site"), "--base-url", url, code=2)
    assert not (own.folder / "site").exists()
    assert "secret" not in said


def test_a_wrong_port_is_refused_before_anything_is_written(own: Kit) -> None:
    for port in ("99999", "-1", "http", "8000.5"):
        refuse(own, "-o", str(own.folder / "site"), f"--serve={port}", code=2)
    assert not (own.folder / "site").exists()


def test_other_options_make_the_pages_again(own: Kit) -> None:
    make(own)
    assert make(own, "--base-url", "https://example.org/speed")["new"] == sorted(NODES)
    assert make(own, "--base-url", "https://example.org/speed/")["new"] == []


def test_where_the_results_are_is_on_no_page(own: Kit) -> None:
    place = own.folder / "elsewhere"
    own.results.rename(place)
    make(own, "--results", str(place), "--cache", str(own.folder / "cache"))
    assert [path for path, content in read(own).items() if str(own.folder).encode() in content] == []


def test_two_at_once_make_one_site(own: Kit) -> None:
    children = [own.start("site", "-o", str(own.folder / "site")) for _ in range(3)]
    for child in children:
        _, said = child.communicate(timeout=120)
        assert child.returncode == 0, said
    pages = read(own)
    assert make(own)["written"] == 0
    assert read(own) == pages


def test_pages_are_served_until_ctrl_c(own: Kit) -> None:
    child = own.start("site", "-o", str(own.folder / "site"), "--serve", "0")
    try:
        wait_for((own.folder / "site" / "site.json").exists)
        deadline = time.monotonic() + 60
        line = ""
        while "http://" not in line and time.monotonic() < deadline:
            assert child.stderr
            line = child.stderr.readline()
        address = line.split()[0]
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.read() == (own.folder / "site" / "index.html").read_bytes()
    finally:
        child.send_signal(2)
        child.communicate(timeout=60)
    assert child.returncode == 0
