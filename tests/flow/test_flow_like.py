"""`run --like`: the same again, from what is stored, from a bundle elsewhere, and from a report."""

import shutil
from pathlib import Path

from harness.store.bundle import load_run
from tests.flow.kit import Kit


def test_a_run_is_measured_again_like_itself_and_compared(kit: Kit, tmp_path: Path) -> None:
    kit.commit_tree()
    first = kit.run("--bench", "whisper", "--no-tests", "--threads", "1,2", "--fa", "0,1", "--repetitions", "2")
    assert first.returncode == 0, first.stderr
    was = kit.only_run()
    again = kit.harness("run", "--like", "latest", "--repetitions", "1", "--weights", str(kit.weights))
    assert again.returncode == 0, again.stderr
    assert f"not as in {was.id}: --repetitions 1 is as given here, not as in that run" in again.stderr
    now = load_run(next(path for path in kit.bundles() if path.name != was.id))
    assert now.suite == was.suite.replace(repetitions=1)
    assert (now.source.path, now.weights, now.config) == (was.source.path, was.weights, was.config)
    (like,) = (one for one in now.caveats if one.code == "like")
    assert like.message == f"measured like {was.id}; nothing that is recorded differs"
    command = next(line for line in again.stdout.splitlines() if line.startswith("  compare: harness "))
    compared = kit.harness(*command.split()[2:])
    assert compared.returncode == 0, compared.stderr
    # The tree has changed meanwhile, and so has the node: only what has a name is measured.
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(kit.results / "node-1", elsewhere)
    (kit.tree / "CMakeLists.txt").write_text('project("whisper.cpp" C CXX)\n# changed\n')
    bundle = next(elsewhere.glob(f"*/{was.id}"))
    (bundle / "run.json").write_text((bundle / "run.json").read_text().replace('"brand": "', '"brand": "Other '))
    dry = kit.harness("run", "--like", str(bundle / "run.json"), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "  not the same: CPU: Other " in dry.stderr
    shutil.rmtree(kit.tree)
    gone = kit.harness("run", "--like", was.id, "--dry-run")
    assert gone.returncode in (2, 4), gone.stderr
    assert "  try:   " in gone.stderr


def test_weights_that_are_nowhere_and_runs_that_are_none_are_refused(kit: Kit) -> None:
    assert kit.run("--bench", "whisper", "--no-tests", "--repetitions", "1").returncode == 0
    was = kit.only_run()
    record = next(iter(kit.bundles())) / "run.json"
    changed = record.read_text().replace(was.weights[0].sha256, "f" * 64)
    record.write_text(changed.replace('"kind": "synthetic"', '"kind": "file"'))
    lost = kit.harness("run", "--like", was.id)
    assert lost.returncode == 4, lost.stderr
    assert "no file of tiny with the SHA-256 sum ffffffffffffffff" in lost.stderr
    assert "  try:   --weights sha256:ffffffffffffffff@FOLDER" in lost.stderr
    cut = kit.folder / "cut.tar.gz"
    assert kit.harness("share", was.id, "-o", str(cut)).returncode == 0
    cut.write_bytes(cut.read_bytes()[:-400])
    damaged = kit.harness("run", "--like", str(cut))
    assert damaged.returncode == 5, damaged.stderr
    assert "it is damaged" in damaged.stderr
    assert "  try:   harness share RUN -o cut.tar.gz" in damaged.stderr
    for words in (["--like", "2001"], ["--like", "/no/such"], ["--like", "latest", "--resume"]):
        refused = kit.harness("run", *words)
        assert refused.returncode == 2, (words, refused.stderr)
