"""What is published: the regular files of a bundle, below the folder that was named, and nothing else."""

import os
from pathlib import Path

import pytest

from harness.errors import UnfitError, UnreadableError
from harness.records.run import Run
from harness.store.bundle import create_bundle
from harness.store.exporter import list_logs, write_folder
from tests import sheet


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("S3CRET")
    run, bundle = create_bundle(tmp_path / "results", sheet.run())
    (bundle.logs / "a.log").write_text("a")
    return bundle.seal(run, "the report\n")


def publish(bundle: Path, run: Run | None = None, made: dict[str, str] | None = None) -> Path:
    return write_folder(bundle.parents[3] / "public", run or sheet.run(), bundle, made or {"runtime": "1"})


def test_what_a_link_points_to_is_not_published(bundle: Path) -> None:
    (bundle / "logs" / "b.log").symlink_to(bundle.parents[3] / "secret")
    os.mkfifo(bundle / "logs" / "c.log")
    (bundle / "logs" / "d.log").symlink_to("/dev/zero")
    assert list_logs(bundle) == {"a.log"}
    assert {path.name for path in publish(bundle).iterdir()} == {"README.md", "a.log", "runtime"}


def test_logs_that_are_a_link_are_none(bundle: Path) -> None:
    (bundle / "logs").rename(bundle / "kept")
    (bundle / "logs").symlink_to("kept")
    assert list_logs(bundle) == set()
    assert {path.name for path in publish(bundle).iterdir()} == {"README.md", "runtime"}


def test_a_report_that_is_a_link_is_refused(bundle: Path) -> None:
    (bundle / "README.md").unlink()
    (bundle / "README.md").symlink_to(bundle.parents[3] / "secret")
    with pytest.raises(UnreadableError, match=r"README\.md is a link, not a regular file"):
        publish(bundle)
    assert not list(bundle.parents[3].glob("public/**/README.md"))


@pytest.mark.parametrize("name", ["../../../../x", "/tmp/x", "..", ".", ""])
def test_no_name_leads_out_of_the_tree(bundle: Path, name: str) -> None:
    run = sheet.run()
    with pytest.raises(UnreadableError, match="cannot be the name of a folder"):
        publish(bundle, run.replace(node=run.node.replace(name=name)))
    with pytest.raises(UnreadableError, match="cannot be the name of a folder"):
        publish(bundle, made={name: "x"})


def test_nothing_is_written_through_a_link(bundle: Path) -> None:
    public, elsewhere = bundle.parents[3] / "public", bundle.parents[3] / "elsewhere"
    public.mkdir()
    elsewhere.mkdir()
    (public / "whisper.cpp").symlink_to(elsewhere)
    with pytest.raises(UnfitError) as raised:
        publish(bundle)
    assert "whisper.cpp is a link, not a folder" in str(raised.value)
    assert list(elsewhere.iterdir()) == []
    (public / "whisper.cpp").unlink()
    first = publish(bundle)
    assert publish(bundle) == first, "it is there already"
    (first / "README.md").unlink()
    (first / "README.md").symlink_to(bundle / "README.md")
    assert publish(bundle).name == f"{first.name}~2", "a link is not the report"
