"""From a run to what is shared of it, and back: the same numbers, and no name."""

import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from harness.judge.privacy import is_distinctive
from harness.store.bundle import load_run
from tests.answer import result_of
from tests.flow.kit import Kit, drop_seed

USER, NODE = "jdoe42", "lab-zen4-7"


@pytest.fixture
def named(kit: Kit) -> Kit:
    """A kit with a run of somebody's own tree, on a node with a name of its own."""
    kit.commit_tree()
    environ = {"HARNESS_AS_NODE": NODE, "USER": USER}
    words = drop_seed(kit.words("--bench", "memcpy,whisper", "--no-tests", "--repetitions", "2", "--threads", "2"))
    done = kit.harness(*words, environ=environ)
    assert done.returncode == 0, done.stderr
    return kit


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


def test_a_run_is_shared_without_names_and_read_back(named: Kit, tmp_path: Path) -> None:
    kit, environ = named, {"USER": USER}
    (bundle,) = kit.bundles()
    (bundle / "logs" / "odd.log").write_bytes(b"\xff")
    (bundle / "logs" / "null.log").write_bytes(b"a\0b")
    (bundle / "logs" / "link.log").symlink_to("/etc/passwd")
    was = load_run(bundle)
    dry = kit.harness("share", was.id, "--dry-run", environ=environ)
    assert (dry.returncode, sorted(kit.folder.glob("share-*"))) == (0, []), dry.stderr
    assert all(f"{name}.log: it holds bytes that are not UTF-8" in dry.stderr for name in ("odd", "null"))
    assert "link.log: it is a link" in dry.stderr
    done = kit.harness("share", was.id, environ=environ)
    assert done.returncode == 0, done.stderr
    (archive,) = kit.folder.glob("share-*.tar.gz")
    once = archive.read_bytes()
    assert kit.harness("share", was.id, environ=environ).returncode == 0
    assert archive.read_bytes() == once, "the same run gives the same bytes"
    tree = unpacked(archive, tmp_path / "tree")
    files = [path for path in tree.rglob("*") if path.is_file()]
    text = "\n".join(f"{path}\n{path.read_text()}" for path in files).replace(str(tree), "")
    host = os.uname().nodename
    for word in (USER, NODE, str(kit.folder), "a@example.org", *([host] if is_distinctive(host) else [])):
        assert not re.search(rf"\b{re.escape(word)}\b", text + done.stdout), word
    assert {path.name for path in files} >= {"run.json", "README.md", "plan.json"}
    # Another one, who has nothing of it, takes it in.
    other = tmp_path / "other"
    for words in (["import", str(archive)], ["show", "latest"], ["report", "latest", "-o", str(tmp_path / "r.html")]):
        answer = kit.harness(*words, "--results", str(other))
        assert answer.returncode == 0, answer.stderr
    now = load_run(next(other.glob("*/*/*")))
    assert now.node.name.startswith("node-")
    assert [(one.case, one.metric, one.value) for one in now.measurements] == [
        (one.case, one.metric, one.value) for one in was.measurements
    ]
    compared = kit.harness(
        *("compare", str(bundle), str(next(other.glob("*/*/*"))), "--across", "names", "--results", str(other))
    )
    assert compared.returncode == 0, compared.stderr
    like = kit.harness("run", "--like", str(archive), "--source", str(kit.tree), "--dry-run")
    assert like.returncode == 0, like.stderr
    assert f"like {now.id}" in like.stderr


def test_the_paste_is_read_back(named: Kit, tmp_path: Path) -> None:
    kit = named
    was = kit.only_run()
    paste = tmp_path / "paste.md"
    answer = result_of(kit.harness("share", "latest", "--json", "-o", str(tmp_path / "x.tar.gz")).stdout)
    paste.write_text(answer["paste"])
    assert "harness run --ref" in paste.read_text()
    results = tmp_path / "results"
    taken = kit.harness("import", str(paste), "--results", str(results))
    assert taken.returncode == 0, taken.stderr
    now = load_run(next(results.glob("*/*/*")))
    assert (now.remarks, now.node.kernel, now.config.build_type) == ((), was.node.kernel, "Release")
    assert now.toolchain.cc.version == was.toolchain.cc.version
    medians = {one.metric: one.value for one in now.measurements}
    first = {one.metric: one.value for one in was.measurements if one.case.benchmark == "whisper"}
    assert medians["encode"] == pytest.approx(first["encode"], rel=0.5)


def test_what_cannot_be_shared_is_refused(named: Kit, tmp_path: Path) -> None:
    kit = named
    (bundle,) = kit.bundles()
    taken = tmp_path / "taken.tar.gz"
    taken.write_bytes(b"something else")
    partial = bundle.with_name(f"{bundle.name[:-8]}abcdef01.partial")
    shutil.copytree(bundle, partial)
    for code, words in {
        2: [
            ["2001"],
            [str(partial)],
            ["latest", "-o", str(taken)],
            ["latest", "-o", str(tmp_path)],
            ["latest", "-o", str(bundle / "x.tar.gz")],
            ["latest", "-o", str(tmp_path / "x.zip")],
        ],
        3: [["latest", "-o", "/proc/none/x.tar.gz"]],
    }.items():
        for asked in words:
            refused = kit.harness("share", *asked)
            assert (refused.returncode, "  try:   " in refused.stderr) == (code, True), (asked, refused.stderr)
    assert taken.read_bytes() == b"something else"
