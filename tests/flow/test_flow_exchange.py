"""Reports of ggml-ci in and out of the results: files, folders, trees, broken ones, and runs of our own."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.records.run import Run
from harness.stats.series import summarize_run
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.flow.kit import LOGS, ROOT, Kit

REPORTS = ROOT / "tests" / "data" / "reports"
SHA = "7fe4979f25ea1b2e0696a11007c9d46e168d18b3"
COMMIT = Path("whisper.cpp") / SHA[:2] / SHA[2:]
NODE = "ggml-5-x86-amx-cc"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A results tree: a whole folder, a report alone, and things that are none of our business."""
    tree = tmp_path / "tree"
    full = tree / COMMIT / NODE
    full.mkdir(parents=True)
    shutil.copyfile(REPORTS / "05ce7476__ggml-2-x86-cpu.md", full / "README.md")
    shutil.copyfile(LOGS / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log", full / "bench-bench-medium.log")
    shutil.copyfile(REPORTS / "663cafc1__ggml-0-x86-cpu-low-perf__runtime", full / "runtime")
    (full / "stdall").write_bytes(b"+ set -x\n\xff\0")
    alone = tree / COMMIT / "ggml-4-x86-cuda-v100"
    alone.mkdir()
    shutil.copyfile(REPORTS / "e0f3c9d4__ggml-4-x86-cuda-v100.md", alone / "README.md")
    (tree / "README.md").write_text("# CI results\n")
    return tree


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def runs_of(kit: Kit) -> dict[str, Run]:
    return {path.parents[1].name: load_run(path) for path in kit.bundles()}


def tally(text: str) -> dict[str, Any]:
    answer: dict[str, Any] = result_of(text)
    return answer


def test_tree_is_imported_with_its_logs(kit: Kit, tree: Path) -> None:
    done = kit.harness("import", str(tree))
    assert (done.returncode, done.stdout) == (0, f"imported 2 runs into {kit.results}\n")
    runs = runs_of(kit)
    assert set(runs) == {NODE, "ggml-4-x86-cuda-v100"}
    bundle = next(path for path in kit.bundles() if NODE in str(path))
    assert (bundle / "README.md").read_bytes() == (tree / COMMIT / NODE / "README.md").read_bytes()
    assert (bundle / "logs" / "stdall").read_bytes() == b"+ set -x\n\xff\0"
    encode = [one for one in runs[NODE].measurements if one.case.get("model") == "medium" and one.metric == "encode"]
    assert [(one.value, one.origin) for one in encode] == [(10904.74, "log")]
    assert [path.name for path in kit.results.iterdir() if path.name.startswith(".")] == []


def test_import_is_idempotent_and_free_of_order(kit: Kit, tree: Path) -> None:
    assert kit.harness("import", str(tree)).returncode == 0
    first = contents(kit.results)
    again = kit.harness("import", "--json", str(tree / COMMIT / NODE), str(tree))
    assert {key: tally(again.stdout)[key] for key in ("new", "known", "richer")} == {"new": 0, "known": 2, "richer": 0}
    assert contents(kit.results) == first
    shutil.rmtree(kit.results)
    folders = sorted((tree / COMMIT).iterdir(), reverse=True)
    random.Random(1).shuffle(folders)
    assert kit.harness("import", *map(str, folders)).returncode == 0
    assert contents(kit.results) == first


def test_folder_with_more_files_replaces_the_report_alone(kit: Kit, tree: Path) -> None:
    full = tree / COMMIT / NODE
    report = full / "README.md"
    assert kit.harness("import", str(report)).returncode == 0
    assert "10904" not in next(iter(kit.bundles())).joinpath("run.json").read_text()
    done = kit.harness("import", "--json", str(full))
    assert tally(done.stdout)["richer"] == 1
    richer = contents(kit.results)
    assert tally(kit.harness("import", "--json", str(report)).stdout)["known"] == 1
    assert contents(kit.results) == richer
    shutil.rmtree(kit.results)
    assert kit.harness("import", str(full), str(report)).returncode == 0
    assert contents(kit.results) == richer


def test_each_of_two_folders_has_some_of_the_files(kit: Kit, tree: Path, tmp_path: Path) -> None:
    full = tree / COMMIT / NODE
    one, other = (tmp_path / name / COMMIT / NODE for name in ("one", "other"))
    for number, folder in enumerate((one, other)):
        shutil.copytree(full, folder)
        for file in sorted(path for path in folder.iterdir() if path.name != "README.md")[number::2]:
            file.unlink()
    for folders in ((one, other), (other, one)):
        shutil.rmtree(kit.results, ignore_errors=True)
        for folder in folders:
            assert kit.harness("import", str(folder)).returncode == 0
        added = contents(kit.results)
        shutil.rmtree(kit.results)
        assert kit.harness("import", str(full)).returncode == 0
        assert added == contents(kit.results)


def test_a_run_that_was_imported_without_its_date_gets_its_place(kit: Kit, tree: Path) -> None:
    full = tree / COMMIT / NODE
    assert kit.harness("import", str(full)).returncode == 0
    right = contents(kit.results)
    (bundle,) = kit.bundles()
    for month, stamp in (("0000-00", "00000000T000000Z"), ("undated", "0-undated")):
        earlier = bundle.parents[1] / month / "-".join([stamp, *bundle.name.split("-")[1:]])
        earlier.parent.mkdir()
        bundle.rename(earlier)
        text = (earlier / "run.json").read_text()
        (earlier / "run.json").write_text(text.replace(bundle.name, earlier.name))
        done = kit.harness("import", "--json", str(full))
        assert {key: tally(done.stdout)[key] for key in ("new", "known", "richer")} == {
            "new": 0,
            "known": 0,
            "richer": 1,
        }
        assert contents(kit.results) == right


def test_links_and_pipes_in_a_tree_of_others_are_left_out(kit: Kit, tree: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("S3CRET\n")
    full = tree / COMMIT / NODE
    (full / "stdall").unlink()
    (full / "stdall").symlink_to(secret)
    (full / "more.log").symlink_to(secret)
    os.mkfifo(full / "pipe.log")
    os.mkfifo(tree / "x.md")
    done = kit.harness("import", str(tree))
    assert (done.returncode, "links and special files beside a report are ignored" in done.stdout) == (0, True)
    bundle = next(path for path in kit.bundles() if NODE in str(path))
    assert not {"stdall", "more.log", "pipe.log"} & {path.name for path in (bundle / "logs").iterdir()}


def test_single_report_is_named_by_the_node_option(kit: Kit) -> None:
    report = REPORTS / "740bf7f6__ggml-100-mac-m4.md"
    assert kit.harness("import", "--as-node", "mac", str(report)).returncode == 0
    run = kit.only_run()
    assert (run.node.name, run.start) == ("mac", "2025-03-18T04:23:32+00:00")


def test_exported_tree_is_imported_as_the_same_runs(kit: Kit, tree: Path, tmp_path: Path) -> None:
    assert kit.harness("import", str(tree)).returncode == 0
    before = {path.name: (path / "run.json").read_bytes() for path in kit.bundles()}
    out = tmp_path / "out"
    assert kit.harness("export", "all", "-o", str(out)).returncode == 0
    assert (out / "whisper.cpp" / "05" / "ce7476aebc5965d22460c22b3041f8f721e05d" / NODE / "stdall").exists()
    shutil.rmtree(kit.results)
    assert kit.harness("import", str(out)).returncode == 0
    assert {path.name: (path / "run.json").read_bytes() for path in kit.bundles()} == before
    again = tmp_path / "again"
    assert kit.harness("export", "all", "-o", str(again)).returncode == 0
    assert contents(again) == contents(out)


def test_run_of_ours_comes_back_with_its_numbers(kit: Kit, tmp_path: Path) -> None:
    assert kit.run("--repetitions", "2", "--threads", "1,2").returncode == 0
    ours = kit.only_run()
    out = tmp_path / "out"
    assert kit.harness("export", ours.id, "--output", str(out)).returncode == 0
    (report,) = out.rglob("README.md")
    assert report.parent.name == "node-1"
    shutil.rmtree(kit.results)
    done = kit.harness("import", "--json", str(out))
    assert tally(done.stdout)["misunderstood"] == []
    back = kit.only_run()
    assert (back.origin, back.node.name, back.status) == ("ggml-ci", "node-1", ours.status)
    assert back.source.commit.message == ours.source.commit.message
    numbers = [{key: (one.n, one.median) for key, one in summarize_run(run).items()} for run in (ours, back)]
    assert numbers[0] == numbers[1]


def test_failed_run_of_ours_comes_back_as_failed(kit: Kit, tmp_path: Path) -> None:
    kit.break_tools({"whisper-bench -m": {"exit": 3}})
    assert kit.run("--repetitions", "1").returncode == 12
    assert kit.harness("export", "latest", "-o", str(tmp_path / "out")).returncode == 0
    (folder,) = (path.parent for path in (tmp_path / "out").rglob("README.md"))
    assert (folder / "exit").read_text() == "12\n"
    assert (folder / "bench-bench-tiny.exit").read_text() == "3\n"
    shutil.rmtree(kit.results)
    assert kit.harness("import", str(folder)).returncode == 0
    back = kit.only_run()
    assert int(back.exit_code) == 12
    assert not [one for one in back.measurements if one.case.benchmark == "whisper"]


def test_exported_files_have_upstreams_names(kit: Kit, tmp_path: Path) -> None:
    assert kit.run("--repetitions", "1").returncode == 0
    assert kit.harness("export", "latest", "-o", str(tmp_path / "out")).returncode == 0
    (folder,) = (path.parent for path in (tmp_path / "out").rglob("README.md"))
    names = {path.name for path in folder.iterdir()}
    expected = "README.md README.md.bak runtime stdall exit bench.log bench.exit bench-memcpy.log bench-mul_mat.log"
    expected += " bench-memcpy.exit bench-mul_mat.exit bench-models-table.log bench-bench-tiny.log"
    for mode in ("debug", "release"):
        expected += f" ctest_{mode}.log ctest_{mode}.exit"
        expected += "".join(f" ctest_{mode}-{step}.log" for step in ("cmake", "make", "ctest"))
    assert set(expected.split()) <= names
    report = (folder / "README.md").read_text()
    assert report.endswith((folder / "README.md.bak").read_text())
    table = (folder / "bench-models-table.log").read_text()
    assert table in report
    assert "elapsed" in (folder / "runtime").read_text()
    assert (folder / "exit").read_text() == "0\n"
    assert "Running ggml_mul_mat benchmark with" in (folder / "bench.log").read_text()


def test_second_run_of_a_commit_on_a_node_is_exported_beside_the_first(kit: Kit, tree: Path, tmp_path: Path) -> None:
    twin = tree / COMMIT / NODE / "README.md"
    assert kit.harness("import", str(twin)).returncode == 0
    twin.write_text(twin.read_text().replace("08:37:31", "09:37:31"))
    assert kit.harness("import", str(twin)).returncode == 0
    out = tmp_path / "out"
    assert kit.harness("export", "all", "-o", str(out)).returncode == 0
    assert sorted(path.parent.name for path in out.rglob("README.md")) == [NODE, f"{NODE}~2"]
    before = contents(kit.results)
    shutil.rmtree(kit.results)
    assert kit.harness("import", str(out)).returncode == 0
    assert {name for name in contents(kit.results) if "run.json" in name} == {
        name for name in before if "run.json" in name
    }


HALF_TABLE = (REPORTS / "05ce7476__ggml-2-x86-cpu.md").read_bytes()[:-400]


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"", 1, "it is empty"),
        (b"\x7fELF\x02\x01\0\0\xff", 1, "it begins with"),
        (b"# Readme\n", 1, "it begins with '# Readme'"),
        (HALF_TABLE, 105, "the model table"),
        (HALF_TABLE[: HALF_TABLE.rindex(b"\n") + 1], 105, "the model table"),
        (HALF_TABLE[:2000], 77, "ggml_mul_mat Benchmark"),
        (HALF_TABLE[:150], 6, "no message"),
    ],
)
def test_bad_report_is_named_with_its_line_and_nothing_is_written(
    kit: Kit, tmp_path: Path, content: bytes, line: int, what: str
) -> None:
    bad = tmp_path / "bad.md"
    bad.write_bytes(content)
    done = kit.harness("import", str(bad))
    assert done.returncode == 5
    assert what in done.stderr
    assert f"{bad}:" in done.stderr
    assert abs(int(done.stderr.split(f"{bad}:")[1].split(":")[0]) - line) <= 1
    assert list(kit.results.iterdir()) == []


def test_bad_report_does_not_stop_the_others(kit: Kit, tree: Path) -> None:
    (tree / COMMIT / "ggml-0").mkdir()
    (tree / COMMIT / "ggml-0" / "README.md").write_bytes(b"\0\1")
    done = kit.harness("import", str(tree))
    assert done.returncode == 5
    assert "ggml-0/README.md:1: not a ggml-ci report" in done.stderr
    assert len(kit.bundles()) == 2


def test_what_was_not_understood_is_summed_up(kit: Kit, tree: Path) -> None:
    report = tree / COMMIT / NODE / "README.md"
    report.write_text(report.read_text().replace("#### memcpy", "#### memset"))
    done = kit.harness("import", str(tree))
    assert done.returncode == 0
    assert f"not understood: not a part of the benchmarks: kept as text (1 time, first at {report}:" in done.stdout


def test_bundles_are_not_read_as_reports(kit: Kit, tree: Path) -> None:
    assert kit.harness("import", str(tree)).returncode == 0
    before = contents(kit.results)
    done = kit.harness("import", str(kit.results))
    assert (done.returncode, done.stdout.splitlines()[1:]) == (0, ["  2 were already there"]), done.stderr
    assert contents(kit.results) == before


def test_missing_path_and_missing_words_are_usage_errors(kit: Kit, tmp_path: Path) -> None:
    assert kit.harness("import", str(tmp_path / "nowhere")).returncode == 2
    assert kit.harness("export", "all").returncode == 2
    assert kit.harness("export", "--layout", "asv", "all", "-o", str(tmp_path / "out")).returncode == 2
    assert not (tmp_path / "out").exists()


def test_many_reports_are_read_by_several_processes(kit: Kit, tmp_path: Path) -> None:
    text = (REPORTS / "91a3530d__ggml-4-x86-cuda-v100.md").read_text(encoding="utf-8")
    for number in range(600):
        (tmp_path / "many" / "sub").mkdir(parents=True, exist_ok=True)
        name = tmp_path / "many" / "sub" / f"{number}.md"
        name.write_text(text.replace("17:31:28", f"17:{number // 60:02d}:{number % 60:02d}"), encoding="utf-8")
    (tmp_path / "many" / "twice.md").write_text(text.replace("17:31:28", "17:00:00"), encoding="utf-8")
    done = kit.harness("import", "--json", str(tmp_path / "many"))
    assert done.returncode == 0
    assert (tally(done.stdout)["new"], tally(done.stdout)["known"]) == (600, 1)
    assert len(kit.bundles()) == 600


def put_report(tree: Path, node: str, date: str, files: dict[str, str] | None = None) -> Path:
    """Write a result folder whose report has this date, and return it."""
    folder = tree / COMMIT / node
    folder.mkdir(parents=True)
    text = (REPORTS / "05ce7476__ggml-2-x86-cpu.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(text.replace("Fri Mar 14 08:37:31 UTC 2025", date), encoding="utf-8")
    for name, content in (files or {}).items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def listed(kit: Kit, *words: str) -> list[str]:
    done = kit.harness("list", "--json", *words)
    assert done.returncode == 0, done.stderr
    return sorted(card["node"] for card in result_of(done.stdout)["runs"])


def test_a_run_without_a_date_is_lost_to_no_filter(kit: Kit, tmp_path: Path) -> None:
    put_report(tmp_path / "ci", "dated", "2025年 03月 14日 星期五 08:37:31 UTC")
    put_report(tmp_path / "ci", "undated", "a Friday in March")
    done = kit.harness("import", str(tmp_path / "ci"))
    assert "the form of the date is not known" in done.stdout
    assert listed(kit, "--since", "2026") == ["undated"]
    assert listed(kit, "--until", "2025-03-13") == ["undated"]
    assert listed(kit, "--since", "2025-03-14", "--until", "2025-03-14") == ["dated", "undated"]
    shown = kit.harness("list", "--since", "2025-03")
    assert "1 of these runs has no known date" in shown.stderr
    assert "0-undated-05ce7476-" in shown.stdout
    assert "not known" in shown.stdout
    assert "no known date" not in kit.harness("list").stderr
    assert "on dated in" in kit.harness("show", "latest").stdout, "what has no date is not the newest"
    alone = kit.harness("show", "0-undated").stdout
    assert "date not known" in alone
    assert "a Friday in March" in alone
    assert "no known date" in kit.harness("compare", "node=dated", "node=undated,since=2025", "--force").stderr
    assert kit.harness("report", "all", "--format", "csv").returncode == 0
    assert kit.harness("report", "all", "-o", str(tmp_path / "x.asv")).returncode in (0, 2)


def test_a_date_that_is_not_exact_fits_every_day_that_it_may_be(kit: Kit, tmp_path: Path) -> None:
    text = "2025年 03月 14日 星期五 20:37:31 CST"
    bare = put_report(tmp_path / "ci", "bare", text)
    put_report(tmp_path / "ci", "logged", text, {"ctest_debug-make.log": "x\n2025-03-14T12:30:00Z begun\n"})
    kit.harness("import", str(tmp_path / "ci"))
    runs = runs_of(kit)
    assert (runs["bare"].end, runs["logged"].end) == ("2025-03-15T02:37:31+00:00", "2025-03-14T12:37:31+00:00")
    for day in ("2025-03-14", "2025-03-15"):
        assert "bare" in listed(kit, "--since", day, "--until", day)
    assert listed(kit, "--since", "2025-03-14", "--until", "2025-03-14") == ["bare", "logged"]
    assert listed(kit, "--since", "2025-03-15") == ["bare"]
    assert text in kit.harness("show", runs["bare"].id).stdout, "the text is kept"
    # What the logs say does not change which run it is.
    (bare / "stdall").write_text("2025-03-14T12:30:00Z\n")
    again = tally(kit.harness("import", "--json", str(bare)).stdout)
    assert (again["new"], again["richer"]) == (0, 1)
    assert runs_of(kit)["bare"].end == "2025-03-14T12:37:31+00:00"


def test_what_has_no_date_survives_export_and_import(kit: Kit, tmp_path: Path) -> None:
    put_report(tmp_path / "ci", "undated", "a Friday in March", {"stdall": "2025-03-14T12:30:00Z\n"})
    put_report(tmp_path / "ci", "open", "14/03/2025 08:37", {"stdall": "2025-03-14T12:30:00Z\n"})
    kit.harness("import", str(tmp_path / "ci"))
    before = {path.name: (path / "run.json").read_bytes() for path in kit.bundles()}
    kit.harness("export", "all", "--output", str(tmp_path / "out"))
    shutil.rmtree(kit.results)
    kit.harness("import", str(tmp_path / "out"))
    assert {path.name: (path / "run.json").read_bytes() for path in kit.bundles()} == before
    assert len(before) == 2


TABLE = """\
| CPU | OS | Config | Model | Th | FA | Enc. | Dec. | Bch5 | PP | Commit |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| c8g.xlarge | Ubuntu | NEON | tiny | 4 | 0 | 389.04 | 1.17 | 0.68 | 0.55 | 6e7629b |
"""


def test_what_people_paste_is_imported(kit: Kit, tmp_path: Path) -> None:
    table, log = tmp_path / "table.md", tmp_path / "mine.log"
    table.write_text(TABLE)
    shutil.copyfile(LOGS / "7fe4979f__ggml-5-x86-amx-cc__bench-bench-medium.log", log)
    for words, already in (((table,), ""), ((table, log), "  1 was already there\n")):
        done = kit.harness("import", *map(str, words), "--as-node", "desk")
        assert "--as-node" not in done.stderr
        assert (done.returncode, done.stdout) == (0, f"imported 1 run into {kit.results}\n{already}")
    listed = kit.harness("list").stdout
    assert listed.count("pasted") == 2
    shown = kit.harness("show", "0-undated-6e7629b").stdout
    assert "PASSED  whisper.cpp 6e7629b on desk\n" in shown
    assert "cpu     c8g.xlarge" in shown
    done = kit.harness("import", str(table), "--results", str(tmp_path / "other"))
    assert "1 report names no node and is listed as a run of 'unknown': --as-node NAME gives one" in done.stderr
    assert "build type not known, compiler not known (NEON)" in shown
    assert "389.04" in shown
    assert "10904.74" in kit.harness("show", str(log)).stdout
    before = {path.name: (path / "README.md").read_bytes() for path in kit.bundles()}
    assert sorted(before.values()) == sorted([table.read_bytes(), log.read_bytes()])
    records = {path.name: load_run(path) for path in kit.bundles()}
    kit.harness("export", "all", "--output", str(tmp_path / "out"))
    shutil.rmtree(kit.results)
    assert kit.harness("import", str(tmp_path / "out")).returncode == 0
    again = {path.name: load_run(path) for path in kit.bundles()}
    assert {name: run.replace(settings=()) for name, run in again.items()} == {
        name: run.replace(settings=()) for name, run in records.items()
    }, "alike but for what names the node: the folder, not --as-node"


def test_a_paste_that_is_of_several_machines_is_refused(kit: Kit, tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    table.write_text(TABLE + TABLE.splitlines()[-1].replace("c8g.xlarge", "i7") + "\n")
    done = kit.harness("import", str(table))
    assert done.returncode == 5
    assert "several machines, builds or commits" in done.stderr
    assert "a file of its own" in done.stderr
