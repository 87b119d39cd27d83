"""Which folder is made an environment, and which one is left alone."""

import os
from pathlib import Path

import pytest

from harness.environment.folder import VirtualEnvironment
from harness.errors import UnfitError


def environment(tmp_path: Path, folder: Path) -> VirtualEnvironment:
    lock = tmp_path / "requirements.txt"
    lock.write_text("")
    return VirtualEnvironment(folder, lock=lock, checkout=tmp_path / "checkout", variable="HARNESS_VENV")


@pytest.mark.parametrize("names", [("thesis.txt",), ("pyvenv.cfg", "bin"), ("harness",)])
def test_a_folder_with_things_of_others_is_left_alone(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("dear")
    for anew in (False, True):
        with pytest.raises(UnfitError, match="would be lost") as caught:
            environment(tmp_path, folder).make(anew=anew)
        assert "HARNESS_VENV=" in caught.value.hint
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_an_environment_behind_a_link_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "pyvenv.cfg").write_text("dear")
    linked = tmp_path / "checkout" / ".venv" / "run"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(theirs)
    with pytest.raises(UnfitError, match="would be lost"):
        environment(tmp_path, linked).make()
    assert (theirs / "pyvenv.cfg").read_text() == "dear"


@pytest.mark.parametrize("what", ["file", "dangling", "below"])
def test_what_is_no_folder_is_left_alone(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "thing"
    if what == "dangling":
        folder.symlink_to(tmp_path / "nowhere")
    else:
        folder.write_text("dear")
    with pytest.raises(UnfitError) as caught:
        environment(tmp_path, folder / "v" if what == "below" else folder).make()
    assert str(folder) in str(caught.value)
    assert what == "dangling" or folder.read_text() == "dear"


def test_a_folder_that_cannot_be_made_has_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnfitError) as caught:
        environment(tmp_path, Path("/proc/no/such/place")).make()
    assert "HARNESS_VENV=" in caught.value.hint


def test_the_environment_of_another_kind_of_machine_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / ".harness").touch()
    (folder / ".ready").write_text("Linux z80\n/shared\n/usr/bin/python3\n")
    with pytest.raises(UnfitError, match="Linux z80") as caught:
        environment(tmp_path, folder).make()
    assert f"HARNESS_VENV={folder}-" in caught.value.hint
    assert (folder / ".ready").exists()


def test_an_unfinished_one_is_not_ready(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to("/bin/sh")
    (folder / ".harness").touch()
    assert not environment(tmp_path, folder).is_ready()


def test_a_moved_folder_a_new_lock_and_another_interpreter_are_not_ready(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.symlink_to("/bin/sh")
    one = environment(tmp_path, folder)
    (site / "harness-checkout.pth").write_text(f"{one.checkout}\n")
    stamp = f"{os.uname().sysname} {os.uname().machine}\n{folder}\n{python.resolve()}\n"
    (folder / ".ready").write_text(stamp)
    assert one.is_ready()
    one.lock.write_text("msgspec==2\n")
    assert not one.is_ready()
    one.lock.write_text("")
    python.unlink()
    python.symlink_to("/bin/cat")
    assert not one.is_ready()
    python.unlink()
    python.symlink_to("/bin/sh")
    assert one.is_ready()
    assert not environment(tmp_path, folder.rename(tmp_path / "w")).is_ready()


def test_a_checkout_that_moved_is_linked_anew_and_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to("/bin/sh")
    (folder / ".harness").touch()
    (site / "harness-checkout.pth").write_text("/the/old/place\n")
    stamp = f"{os.uname().sysname} {os.uname().machine}\n{folder}\n{(folder / 'bin' / 'python').resolve()}\n"
    (folder / ".ready").write_text(stamp)
    one = environment(tmp_path, folder)
    assert not one.is_ready()
    one.make()
    assert one.is_ready()
    assert (site / "harness-checkout.pth").read_text() == f"{one.checkout}\n"
