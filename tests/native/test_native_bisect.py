"""`harness bisect` on the real thing: a planted commit in a history of the pinned release is found, and no other."""

import math
import os
import statistics
from pathlib import Path

import pytest

from harness.store.bundle import load_run
from harness.system.source.resolve import load_pins
from tests.answer import result_of
from tests.native.test_native_run import ONE_THREAD, harness
from tests.planted import plant_history

pytestmark = [pytest.mark.native, pytest.mark.release]
# The planted commit makes encoding so much slower, in relation; where single blocks scatter by more than half of that,
# it is twice what they scatter: on such a node less would take hours to find.
SHARE = 0.04
IDENTITY = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def choose_share(folder: Path, measured: tuple[str, ...]) -> float:
    """Return the share that is planted, by how far the processes of an ordinary run scatter; fetches the sources."""
    words = (*measured, "--bench", "whisper", "--engine", "library", "--no-tests", "--no-roofline")
    done = harness(folder, "run", *words, HARNESS_RESULTS=str(folder / "scatter"))
    assert done.returncode == 0, done.stderr
    (bundle,) = (folder / "scatter").glob("*/*/*")
    processes: dict[int, list[float]] = {}
    for one in load_run(bundle).measurements:
        if one.metric == "encode":
            processes.setdefault(one.process, []).append(math.log(one.value))
    scatter = statistics.stdev(statistics.fmean(values) for values in processes.values())
    return round(max(SHARE, 2 * math.sqrt(2) * scatter), 2)


def test_a_planted_commit_is_found(folder: Path, tmp_path: Path) -> None:
    measured = ("--model", "tiny", "--weights", "synthetic", *ONE_THREAD)
    share = choose_share(folder, measured)
    sdist = load_pins().releases[0].sdist
    tree = folder / "cache" / "sources" / f"sdist-{sdist.sha256[:12]}" / "tree"
    environ = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    history = plant_history(tmp_path / "planted", tree, environ, share=share)
    ends = (history.shas[0], history.shas[-1], "--repo", str(history.path))
    done = harness(folder, "bisect", *ends, *measured, "--metric", "encode", "--budget", "45m", "--json")
    assert done.returncode == 0, done.stderr
    found = result_of(done.stdout)
    assert found["verdict"] == "FOUND", done.stdout
    (culprit,) = found["culprits"]
    (suspect,) = culprit["suspects"]
    assert suspect["commit"] == history.culprit
    assert share / 2 < culprit["final"]["change"] < 1.5 * share
    assert {one["commit"] for one in found["unbuildable"]} <= {history.broken}
    pages = [sha for sha in history.shas[1:] if history.git("log", "-1", "--format=%s", sha).startswith("readme")]
    assert found["passed"] == len(pages)
