"""`harness list`, `show` and `report` on bundles that fake tools made."""

import csv
import io
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from harness.records.run import SCHEMA
from harness.render.format.registry import FORMATS
from tests.answer import result_of
from tests.flow.kit import ROOT, Kit

REPORT = ROOT / "tests" / "data" / "reports" / "663cafc1__ggml-0-x86-cpu-low-perf.md"
QUICK = ("--no-tests", "--repetitions", "2", "--threads", "2", "--no-wait")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Path:
    """Return a results folder with two runs, on two nodes."""
    kit = Kit(tmp_path_factory.mktemp("made"), tiny_weights)
    kit.commit_tree()
    for node in ("node-1", "node-2"):
        done = kit.run(*QUICK, "--as-node", node)
        assert done.returncode == 0, done.stderr
    return kit.results


@pytest.fixture
def filled(kit: Kit, made: Path) -> Kit:
    """Return a kit with a copy of those two runs."""
    shutil.copytree(made, kit.results)
    return kit


def test_runs_lists_what_is_there_and_filters(filled: Kit) -> None:
    everything = filled.harness("list")
    assert everything.returncode == 0, everything.stderr
    header, *rows = everything.stdout.splitlines()
    assert header.split()[:3] == ["id", "date", "node"]
    assert [row.split()[2] for row in rows] == ["node-1", "node-2"]
    run_id, date, _, commit, *_ = rows[0].split()
    found = {
        ("--node", "node-2"): 1,
        ("--model", "tiny"): 2,
        ("--model", "base"): 0,
        ("--commit", commit[:5].upper()): 2,
        ("--commit", "0000000"): 0,
        ("--since", date): 2,
        ("--since", "2999"): 0,
        ("--until", date[:7]): 2,
        ("--until", "1999-12-31"): 0,
        ("--node", "node-1", "--model", "tiny", "--until", date): 1,
    }
    for words, count in found.items():
        cards = result_of(filled.harness("list", "--json", *words).stdout)["runs"]
        assert len(cards) == count, words
    (card,) = result_of(filled.harness("list", "--json", "--node", "node-1").stdout)["runs"]
    assert (card["id"], card["status"], card["origin"]) == (run_id, "PASSED", "harness")
    assert Path(card["path"]) == filled.bundles()[0]


def test_the_node_of_the_environment_is_no_filter(filled: Kit) -> None:
    assert len(filled.harness("list", environ={"HARNESS_AS_NODE": "node-2"}).stdout.splitlines()) == 3


def test_runs_of_nothing(kit: Kit) -> None:
    none = kit.harness("list")
    assert (none.returncode, none.stdout) == (0, "")
    assert "no runs in" in none.stderr
    assert result_of(kit.harness("list", "--json").stdout)["runs"] == []
    assert kit.harness("list", "--since", "yesterday").returncode == 2


def test_runs_names_the_unreadable_and_goes_on(filled: Kit) -> None:
    (filled.bundles()[0] / "run.json").write_text('{\n "schema": 1,\n')
    listed = filled.harness("list", "--quiet")
    assert listed.returncode == 5
    assert [line.split()[2] for line in listed.stdout.splitlines()[1:]] == ["node-2"]
    assert f"{filled.bundles()[0]}/run.json:2 cannot be understood" in listed.stderr
    for words in (("show", "all"), ("report", "all", "--format", "csv"), ("export", "all", "--output", "out")):
        done = filled.harness(*words)
        assert (done.returncode, bool(done.stdout)) == (5, True), words
        assert f"{filled.bundles()[0]}/run.json:2 cannot be understood" in done.stderr


def test_show_by_every_kind_of_name(filled: Kit) -> None:
    first, second = filled.bundles()
    for word, paths in (
        ("latest", [second]),
        (f"node-1/{first.name}", [first]),
        (str(first), [first]),
        (str(REPORT), [REPORT]),
        ("all", [first, second]),
    ):
        shown = filled.harness("show", word)
        assert shown.returncode == 0, shown.stderr
        assert "ms/token" in shown.stdout
        assert [Path(line.split()[-1]) for line in shown.stdout.splitlines()[-len(paths) :]] == paths
    text = filled.harness("show", "all").stdout
    assert text.startswith("  #1 caveat: "), "caveats first"
    assert re.search(r"tiny +1 +synthetic +2 +0 +2216\.24 \(0\.0%\)", text)
    assert len(result_of(filled.harness("show", "all", "--json").stdout)["runs"]) == 2


@pytest.mark.parametrize("name", FORMATS)
def test_report_in_every_format(filled: Kit, name: str) -> None:
    target = filled.folder / "out.json"
    done = filled.harness("report", "node-1/2", "--format", name, "-o", str(target))
    assert done.returncode == 0, done.stderr
    assert len(target.read_text(encoding="utf-8")) > 100
    assert done.stdout == ""


def test_the_report_is_the_one_in_the_bundle(filled: Kit) -> None:
    bundle = filled.bundles()[0]
    assert filled.harness("report", str(bundle)).stdout == (bundle / "README.md").read_text(encoding="utf-8")


def test_a_bare_report_comes_out_as_it_went_in(kit: Kit) -> None:
    assert kit.harness("report", str(REPORT)).stdout.encode() == REPORT.read_bytes()


def test_several_runs_are_one_table(filled: Kit) -> None:
    done = filled.harness("report", "all", str(REPORT), "-o", "all.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO((filled.folder / "all.csv").read_text(encoding="utf-8"))))
    assert {row["node"] for row in rows} >= {"node-1", "node-2"}
    assert {row["origin"] for row in rows} == {"harness", "ggml-ci"}
    database = sqlite3.connect(":memory:")
    database.executescript(filled.harness("report", "all", "--format", "llama-bench-sql").stdout)
    assert database.execute("SELECT count(*) FROM llama_bench").fetchone() == (8,)
    database.close()


def test_asv_gets_its_folder(filled: Kit) -> None:
    done = filled.harness("report", "all", "--format", "asv", "-o", "asv/results")
    assert done.returncode == 0, done.stderr
    folder = filled.folder / "asv" / "results"
    assert (folder / "benchmarks.json").is_file()
    assert sorted(path.parent.name for path in folder.glob("*/machine.json")) == ["node-1", "node-2"]
    refused = filled.harness("report", "all", "--format", "asv", "-o", "one.asv.json")
    assert refused.returncode == 2
    assert not (filled.folder / "one.asv.json").exists()


def test_the_format_is_a_matter_of_the_ending(filled: Kit) -> None:
    for name, begin in (
        ("a.md", "## Summary"),
        ("a.xml", "<?xml"),
        ("a.bencher.json", '{\n  "node-1/'),
        ("a", "## Summary"),
    ):
        assert filled.harness("report", str(filled.bundles()[0]), "-o", name).returncode == 0
        assert (filled.folder / name).read_text(encoding="utf-8").startswith(begin)
    wrong = filled.harness("report", "latest", "-o", "a.pdf")
    assert (wrong.returncode, "--format NAME" in wrong.stderr) == (2, True)
    unknown = filled.harness("report", "latest", "--format", "jnit")
    assert unknown.returncode == 2
    assert "did you mean junit" in unknown.stderr
    assert "llama-bench-sql" in unknown.stderr


def test_what_cannot_be_written_is_said(filled: Kit) -> None:
    for target in ("none/a.csv", "."):
        done = filled.harness("report", "latest", "--format", "csv", "-o", target)
        assert done.returncode == 3, done.stderr
        assert "cannot write" in done.stderr
    assert not (filled.folder / "none").exists()
    (filled.folder / "round").symlink_to("round")
    looped = filled.harness("report", "latest", "-o", "round")
    assert looped.returncode == 3
    assert "cannot write round" in looped.stderr
    assert (filled.folder / "round").is_symlink()
    piped = filled.harness("report", "latest", "--format", "csv", "-o", "/dev/stdout")
    assert piped.stdout.startswith("run,origin")
    assert Path("/dev/stdout").exists()


def test_nothing_is_written_into_a_run(filled: Kit) -> None:
    bundle = filled.bundles()[0]
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    (filled.folder / "door.json").symlink_to(bundle / "run.json")
    sweep = bundle.parent / "20250101T000000Z-0a1b2c3d.sweep.json"
    sweep.write_text("{}")
    for target in (bundle / "run.json", bundle / "logs" / "new.md", filled.folder / "door.json", sweep):
        done = filled.harness("report", "latest", "-o", str(target))
        said = "is the file of a sweep" if target == sweep else "lies in the run"
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert sweep.read_text() == "{}"
    sweep.unlink()
    assert filled.harness("export", "latest", "-o", str(bundle)).returncode == 2
    assert {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()} == before


def test_a_run_that_cannot_be_exported_does_not_keep_the_others_back(filled: Kit) -> None:
    report = filled.bundles()[0] / "README.md"
    report.unlink()
    report.symlink_to("run.json")
    done = filled.harness("export", "all", "-o", str(filled.folder / "out"))
    assert done.returncode == 5, done.stderr
    assert f"{report} is a link" in done.stderr
    assert len(list((filled.folder / "out").rglob("README.md"))) == len(done.stdout.split()) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("binary.md", b"\x00\x01\xff\xfe" * 100),
        ("empty.md", b""),
        ("half.md", REPORT.read_bytes()[:-130]),
        ("prose.md", b"# A page\n\nof prose\n"),
    ],
)
def test_bad_reports_write_nothing(kit: Kit, name: str, content: bytes) -> None:
    (kit.folder / name).write_bytes(content)
    (kit.folder / "out.csv").write_text("as it was\n")
    for words in (("show", name), ("report", name, "-o", "out.csv"), ("report", name, str(REPORT), "-o", "out.csv")):
        done = kit.harness(*words)
        assert done.returncode == 5, (words, done.stdout, done.stderr)
        assert re.search(rf"{re.escape(name)}:\d+: ", done.stderr), done.stderr
        assert done.stdout == ""
    assert (kit.folder / "out.csv").read_text() == "as it was\n"
    assert sorted(path.name for path in kit.folder.iterdir() if path.is_file()) == sorted(["out.csv", name])


def test_bad_bundles_write_nothing(filled: Kit) -> None:
    first, second = filled.bundles()
    shutil.copytree(first, first.with_name(f"{first.name}-copy"))
    done = filled.harness("report", "all", "-o", "out.csv")
    assert done.returncode == 5
    assert f"2 runs have the id {first.name}" in done.stderr
    assert f"{first}/run.json" in done.stderr
    (second / "run.json").write_text((second / "run.json").read_text().replace(f'"schema": {SCHEMA}', '"schema": 99'))
    done = filled.harness("report", "node-2/2", "-o", "out.csv")
    assert done.returncode == 5
    assert f"{second}/run.json has schema 99" in done.stderr
    assert not (filled.folder / "out.csv").exists()


def test_the_help_lists_the_formats(kit: Kit) -> None:
    text = kit.harness("report", "--help").stdout
    assert all(f"  {name} " in text for name in FORMATS)


def test_a_word_is_explained(kit: Kit) -> None:
    done = kit.harness("explain", "[noisy]", "other-build")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith(("noisy -", "other-build -"))] == [
        "noisy - caveat",
        "noisy - health of a node",
        "other-build - caveat",
        "other-build - cause of a failure",
    ]
    (thin,) = result_of(kit.harness("explain", "thin", "--json").stdout)["words"]
    assert (thin["word"], thin["kind"]) == ("thin", "caveats")
    assert "flash_attn in harness.toml" in " ".join(kit.harness("explain", "--fa").stdout.split())
    assert kit.harness("explain", "exit", "20").stdout.startswith("20 - exit code, regression\n")
    assert "harness explain KIND" in kit.harness("explain").stdout
    wrong = kit.harness("explain", "noisi")
    assert wrong.returncode == 2
    assert "did you mean noisy" in wrong.stderr
    strange = kit.harness("explain", "zzzzzz")
    assert strange.returncode == 2
    assert strange.stderr.endswith("harness explain  # lists the kinds of words\n"), "hundreds of words are no hint"
