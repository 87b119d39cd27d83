"""Every script under benchmarks/, small and with fake tools: that it runs to its end and prints what it is for.

What it measures here is nothing; no time is judged.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.night_memory import Memory
from benchmarks.suspicion import make_series
from benchmarks.trials import main as make_trials
from harness.stats.suspicion import judge_node
from tests.flow.kit import ROOT, Kit
from tests.server import why_not
from tests.stub import build_stub

SCRIPTS = {str(path.relative_to(ROOT)) for path in (ROOT / "benchmarks").rglob("*.py")}
# What others import, and what is started by a name of its own.
NIGHT = ("loop", "memory", "node", "results", "rival", "watch", "year")
OTHERS = ("figure_rivals", "noise", "otava_nights", "procedure", "site_nights", "sitting")
PARTS = {
    f"benchmarks/{name}.py"
    for name in (
        "figure_rivals",
        "noise",
        "otava_nights",
        "procedure",
        "site_nights",
        "sitting",
        *(f"night_{part}" for part in NIGHT),
    )
}
FUZZ = {f"benchmarks/fuzz/{name}.py" for name in ("__init__", "mutation", "target")}


def start(kit: Kit, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script as its documentation says, in the kit's folder, with the kit's tools before all others."""
    path = f"{kit.tools}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, *words],
        cwd=kit.folder,
        env={**kit.environ, "PATH": path, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=300,
    )


def by_path(name: str) -> str:
    return str(ROOT / "benchmarks" / f"{name}.py")


def building(kit: Kit) -> list[str]:
    return [by_path("building"), "--isa", "sse42", "--source", str(kit.tree)]


def upstream(kit: Kit) -> list[str]:
    settings = ["--bench", "whisper", "--model", "tiny", "--threads", "2", "--source", str(kit.tree)]
    return [by_path("upstream"), "--rounds", "2", *settings]


def trials(kit: Kit) -> list[str]:
    settings = ["--engine", "bench", "--model", "tiny", "--weights", str(kit.weights), "--metric", "encode"]
    stop = ["--threads", "2", "--max-time", "0.1s"]
    return [by_path("trials"), "--aa", "1", "--side", str(kit.tree), "--", *settings, *stop]


def first_number(kit: Kit) -> list[str]:
    made_up = ["--source", str(kit.tree), "--weights", str(kit.weights)]
    return [by_path("first_number"), "--packages", "--", *made_up, "--threads", "2"]


def relinking(kit: Kit) -> list[str]:
    for name in ("src/libwhisper.so", "bin/whisper-bench"):
        path = kit.folder / "build" / name
        path.parent.mkdir(parents=True)
        path.touch()
    return [by_path("relinking"), str(kit.folder / "build"), "--times", "2"]


def copies(kit: Kit) -> list[str]:
    library = kit.folder / "build" / "src" / "libwhisper.so"
    library.parent.mkdir(parents=True)
    shutil.copyfile(build_stub(kit.folder / "stub"), library)
    few = ["--copies", "2", "--rounds", "2", "--threads", "1", "--metric", "encode"]
    return [by_path("copies"), str(library.parents[1]), str(kit.weights), *few]


def guided(_: Kit) -> list[str]:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed (pip install --group fuzz): it has wheels for Linux alone")
    return ["-m", "benchmarks.fuzz.guided", "memcpy", "1"]


def served(words: list[str]) -> Callable[[Kit], list[str]]:
    """Return how the script that needs a server of PostgreSQL is called."""

    def call(_: Kit) -> list[str]:
        if reason := why_not():
            pytest.skip(reason)
        return [by_path("fleet_index"), *words]

    return call


SMALL: dict[str, tuple[Callable[[Kit], list[str]], str]] = {
    "bisection": (
        lambda _: [by_path("bisection"), "--searches", "1", "--only", "18 commits"],
        "| 3 %, 18 commits | ",
    ),
    "building": (building, "1 instruction sets: one build for all"),
    "calibration": (lambda _: [by_path("calibration"), "--families", "1"], "s of CPU time"),
    "calibration_choice": (lambda _: [by_path("calibration_choice"), "--runs", "2"], "s of CPU time"),
    "calibration_stored": (lambda _: [by_path("calibration_stored"), "--families", "1"], "s of CPU time"),
    "coins": (lambda _: [by_path("coins"), "--pools", "1"], "a seed each"),
    "copies": (copies, "| 1 | encode | process_cpu | "),
    "endurance": (lambda _: [by_path("endurance"), "2", "2"], "2 runs each in a process of its own"),
    "faults": (lambda _: [by_path("faults"), "--only", "archive/good,cut/whisper-1", "--slow", "1"], "injected, "),
    "fleet_index": (
        served(["--nodes", "2", "--nights", "3", "--bundles", "4", "--collectors", "1,2", "--times", "1"]),
        "one series ",
    ),
    "figures": (lambda _: [by_path("figures"), "--points", "20", "--times", "1"], "title, description, role"),
    "importing": (lambda _: [by_path("importing"), "14", "--logs"], "known: 14 reports in"),
    "night_plan": (lambda _: [by_path("night_plan"), "--commits", "40", "--nodes", "2", "--times", "1"], "plans: "),
    "nightly": (
        lambda _: [by_path("nightly"), "--nights", "30", "--years", "1", "--length", "30", "--noise", "independent"],
        "| every head and a midpoint, suspected | ",
    ),
    "relinking": (relinking, "| linked | "),
    "roofline": (
        lambda _: [by_path("roofline"), "--runs", "1", "--patience", "0", "--quick", "--threads", "1"],
        "numpy copyto",
    ),
    "results": (lambda _: [by_path("results"), "20", "--times", "1", "--limit", "60"], "report latest"),
    "site": (lambda _: [by_path("site"), "--nodes", "2", "--nights", "12", "--loads", "0"], "largest page"),
    "first_number": (first_number, "first number after"),
    "startup": (lambda _: [by_path("startup"), "2"], "ms (quartiles"),
    "fleet_health": (lambda _: [by_path("fleet_health"), "--count", "1"], "a step of 8 % twenty nights ago | 1 |"),
    "suspicion": (lambda _: [by_path("suspicion"), "--nodes", "1", "--nights", "40", "--quick"], "s of CPU time"),
    "synthetic": (lambda _: [by_path("synthetic"), "tiny"], "peak memory"),
    "trials": (trials, "false families: "),
    "upstream": (upstream, "cold, like for like"),
    "fuzz/__main__": (lambda _: ["-m", "benchmarks.fuzz", "memcpy", "--count", "50"], "50 inputs"),
    "fuzz/guided": (guided, "DONE"),
}


def test_every_script_is_tried() -> None:
    tried = {f"benchmarks/{name}.py" for name in SMALL}
    assert tried == SCRIPTS - PARTS - FUZZ


@pytest.mark.parametrize("name", SMALL)
def test_a_script_runs_to_its_end(kit: Kit, name: str) -> None:
    words, said = SMALL[name][0](kit), SMALL[name][1]
    # The roofline belongs to a run, too.
    done = start(kit, *words, environ={"HARNESS_ROOFLINE": ""})
    assert "Traceback" not in done.stderr, done.stderr
    # Two runs are too few for a verdict on growth: either is an end.
    assert done.returncode in ((0, 1) if name == "endurance" else (0,)), done.stderr + done.stdout
    assert said in done.stdout
    command, sitting = done.stdout.splitlines()[:2]
    assert command.startswith(f"# benchmarks/{name}.py")
    assert ", commit " in sitting
    assert " CPUs, load " in sitting
    if name == "upstream":
        look_at_both_builds(kit, done)


def look_at_both_builds(kit: Kit, done: subprocess.CompletedProcess[str]) -> None:
    first, second = done.stdout.splitlines()[-2:]
    alike, whole = (float(line.split()[at]) for line, at in ((first, 4), (second, 7)))
    assert 0 < alike < whole, "the tests and the roofline take time"
    assert len(kit.calls("make")) == 4, "two rounds, two builds of upstream's in each"
    assert len(kit.calls("ctest")) >= 4
    # Ours begins with nothing in each round, and finds it the second time.
    rooflines = [call for call in kit.calls("cmake") if "--build" in call and any("roof" in word for word in call)]
    assert len(rooflines) == 2


def test_the_judge_that_remembers_says_the_same() -> None:
    series = make_series(np.random.default_rng(1).normal(size=(4, 90)).cumsum(axis=1))
    memory = Memory()
    for count in (30, 31, 60, 20, 90):
        known = [one.replace(points=one.points[:count]) for one in series]
        late = [one.replace(points=one.points[: count - 6] + one.points[count - 3 :]) for one in known]
        for some in (late, known):
            assert memory.judge_node(some) == judge_node(some)
    assert judge_node(series).events


def test_a_step_that_fails_is_named(kit: Kit) -> None:
    kit.break_tools({"make": {"exit": 2, "print": "no rule to make target"}})
    done = start(kit, *upstream(kit))
    assert done.returncode == 1
    assert "make -j" in done.stderr
    assert "no rule to make target" in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_are_made_again_of_what_was_kept(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = {"metric": "encode", "change": 0.05, "verdict": "REGRESSED"}
    kept = {"plant": 0.0, "words": ["--model", "tiny"], "wall_s": 60.0, "comparisons": [one]}
    file = kit.folder / "kept.jsonl"
    file.write_text(f"{json.dumps(kept)}\n{json.dumps(kept | {'plant': 0.05})}\n")
    monkeypatch.setattr(sys, "argv", ["trials.py", "--summary", str(file)])
    assert make_trials() == 0
    said = capsys.readouterr().out
    assert "false families: 1 of 1" in said
    assert "found: 1 of 1" in said


def test_what_guides_needs_atheris_and_says_so(kit: Kit) -> None:
    (kit.folder / "atheris.py").write_text("raise ImportError\n")
    path = f"{kit.folder}{os.pathsep}{ROOT}"
    done = start(kit, "-m", "benchmarks.fuzz.guided", "memcpy", "1", environ={"PYTHONPATH": path})
    assert (done.returncode, done.stderr) == (3, "atheris is not installed: pip install --group fuzz\n")
