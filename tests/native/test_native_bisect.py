"""`harness bisect` on the real thing: a planted commit in a history of the pinned release is found, and no other."""

import json
import os
from pathlib import Path

import pytest

from harness.system.source.resolve import load_pins
from tests.native.test_native_run import ONE_THREAD, harness
from tests.planted import plant_history

pytestmark = [pytest.mark.native, pytest.mark.release]
# The planted commit makes encoding so much slower, in relation.
SHARE = 0.04
IDENTITY = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def test_a_planted_commit_is_found(folder: Path, tmp_path: Path) -> None:
    harness(folder, "build", "--dry-run")  # fetches the sources
    sdist = load_pins().releases[0].sdist
    tree = folder / "cache" / "sources" / f"sdist-{sdist.sha256[:12]}" / "tree"
    environ = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    history = plant_history(tmp_path / "planted", tree, environ, share=SHARE)
    words = [history.shas[0], history.shas[-1], "--repo", str(history.path), "--budget", "45m", *ONE_THREAD]
    done = harness(folder, "bisect", *words, "--model", "tiny", "--weights", "synthetic", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "FOUND", done.stdout
    (culprit,) = found["culprits"]
    (suspect,) = culprit["suspects"]
    assert suspect["commit"] == history.culprit
    assert SHARE / 2 < culprit["final"]["change"] < 1.5 * SHARE
    assert {one["commit"] for one in found["unbuildable"]} <= {history.broken}
    pages = [sha for sha in history.shas[1:] if history.git("log", "-1", "--format=%s", sha).startswith("readme")]
    assert found["passed"] == len(pages)
