"""Files of others: regular ones within a bound are read; all else is refused by name, at once, and never followed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnreadableError
from harness.system.foreign import (
    MissingError,
    copy_file,
    is_regular,
    list_folder,
    open_file,
    read_bytes,
    read_text,
    walk_tree,
)
from harness.system.fresh import create_file
from tests.special import make_socket


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


SPECIAL: dict[str, Callable[[Path], None]] = {
    "a FIFO": os.mkfifo,
    "a socket": make_socket,
    "a folder": Path.mkdir,
}
NAMED = {"a character device": lambda path: path.symlink_to("/dev/zero")}
LINKS: dict[str, Callable[[Path], None]] = {
    "out": lambda path: path.symlink_to("/etc/passwd"),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "loop": make_loop,
    "nowhere": lambda path: path.symlink_to("nowhere"),
    "within": lambda path: path.symlink_to("whole.txt"),
    "folder": lambda path: path.symlink_to("/etc"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "whole.txt").write_bytes(b"whole\n\xff")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.txt").write_text("deep")
    return tmp_path


@pytest.mark.parametrize("within", [True, False])
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_not_a_file_is_refused_by_name(folder: Path, kind: str, *, within: bool) -> None:
    SPECIAL[kind](folder / "x")
    with pytest.raises(UnreadableError, match=f"x is {kind}, not a regular file"):
        read_bytes(folder / "x", within=folder if within else None)
    assert not is_regular(folder / "x", within=folder if within else None)


@pytest.mark.parametrize("kind", LINKS)
def test_no_link_is_followed_within_a_folder(folder: Path, kind: str) -> None:
    LINKS[kind](folder / "below" / "x")
    with pytest.raises(UnreadableError, match="x is a link, not a regular file"):
        read_bytes(folder / "below" / "x", within=folder)
    assert not is_regular(folder / "below" / "x", within=folder)


def test_no_folder_on_the_way_is_a_link(folder: Path) -> None:
    (folder / "door").symlink_to(folder / "below")
    assert read_text(folder / "door" / "deep.txt") == "deep"  # as a person named it
    with pytest.raises(UnreadableError, match="cannot read") as raised:
        read_text(folder / "door" / "deep.txt", within=folder)
    assert raised.value.cause == "door is a link, not a folder"
    with pytest.raises(UnreadableError, match="is a link, not a folder"):
        list_folder(folder / "door", within=folder)
    for path in (folder / "below" / ".." / "whole.txt", folder):
        with pytest.raises(UnreadableError, match="cannot read"):
            read_bytes(path, within=folder)


def test_what_a_person_names_may_be_a_link(folder: Path) -> None:
    (folder / "x").symlink_to("whole.txt")
    assert read_text(folder / "x") == "whole\n\ufffd"
    assert is_regular(folder / "x")
    (folder / "root").symlink_to(folder)
    assert read_bytes(folder / "root" / "below" / "deep.txt", within=folder / "root") == b"deep"


def test_a_pipe_of_ones_own_is_read_and_no_other(folder: Path) -> None:
    for content, most_bytes in ((b"piped", 5), (b"", 5), (b"too much", 5)):
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        path = Path(f"/dev/fd/{reader}")
        try:
            with pytest.raises(UnreadableError, match="is a FIFO"):
                open_file(path)  # whoever goes back in it needs a file
            if len(content) > most_bytes:
                with pytest.raises(UnreadableError, match="too large"):
                    read_bytes(path, most_bytes=most_bytes)
            else:
                assert read_bytes(path, most_bytes=most_bytes) == content
        finally:
            os.close(reader)
    os.mkfifo(folder / "fd")
    with pytest.raises(UnreadableError, match="is a FIFO"):
        read_bytes(folder / "fd")


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (NAMED["a character device"], "x is a character device, not a regular file"),
        (make_loop, "cannot read .*x\n  cause: it is a link that leads back to itself"),
    ],
)
def test_devices_and_circles_are_named(folder: Path, make: Callable[[Path], None], what: str) -> None:
    make(folder / "x")
    with pytest.raises(UnreadableError) as raised:
        open_file(folder / "x")
    assert re.search(what, str(raised.value))


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="this system opens no folder that may not be listed")
def test_a_folder_that_may_be_entered_and_not_listed_will_do(folder: Path) -> None:
    folder.chmod(0o300)
    try:
        assert read_text(folder / "below" / "deep.txt", within=folder) == "deep"
    finally:
        folder.chmod(0o700)


def test_what_is_missing_is_told_apart(folder: Path) -> None:
    for path in (folder / "none", folder / "none" / "none", folder / "whole.txt" / "none"):
        with pytest.raises(MissingError):
            read_bytes(path)
    with pytest.raises(MissingError):
        read_bytes(folder / "none" / "none", within=folder)
    with pytest.raises(MissingError):
        list_folder(folder / "none")


def test_a_bound_holds_for_files_and_copies(folder: Path) -> None:
    with (folder / "hole").open("wb") as file:
        file.truncate(1 << 40)  # it takes no room
    for most in (1, 6):
        with pytest.raises(UnreadableError, match="too large"):
            read_bytes(folder / "whole.txt", most_bytes=most)
    assert read_bytes(folder / "whole.txt", most_bytes=7) == b"whole\n\xff"
    with pytest.raises(UnreadableError, match="it has 1099511627776 bytes"):
        read_bytes(folder / "hole")
    with create_file(folder / "copy") as target:
        copy_file(folder / "whole.txt", target, within=folder)
    assert (folder / "copy").read_bytes() == b"whole\n\xff"
    with create_file(folder / "more") as target, pytest.raises(UnreadableError, match="too large"):
        copy_file(folder / "hole", target)


def test_a_file_that_grows_without_end_is_bounded() -> None:
    # Its size is 0, and it has content all the same.
    path = Path("/proc/self/status")
    if not path.is_file():
        pytest.skip("no /proc here")
    with pytest.raises(UnreadableError, match="too large"):
        read_bytes(path, most_bytes=5)


def test_a_folder_is_told_apart_into_files_folders_and_others(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc")
    found = list_folder(folder)
    assert (found.files, found.folders) == (("whole.txt",), ("below",))
    assert found.others == (("link", "a link"), ("pipe", "a FIFO"))
    with pytest.raises(UnreadableError, match="is a regular file, not a folder"):
        list_folder(folder / "whole.txt")


def test_a_walk_follows_no_link_and_can_be_told_where_not_to_go(folder: Path) -> None:
    (folder / "left").mkdir()
    (folder / "left" / "x").write_text("x")
    (folder / "door").symlink_to("/")
    make_loop(folder / "below" / "round")
    seen = {}
    for path, found, entered in walk_tree(folder):
        seen[path.name] = found
        entered[:] = [name for name in entered if name != "left"]
    assert set(seen) == {folder.name, "below"}
    assert seen["below"].others == (("round", "a link"),)
    with pytest.raises(MissingError):
        next(walk_tree(folder / "none"))
