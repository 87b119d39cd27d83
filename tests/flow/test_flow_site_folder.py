"""A site that several processes write, and one that is killed while it writes."""

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.store.site_folder import open_site
from tests.unit.store.test_store_site_folder import NEW, OLD, hidden, read, write


def survive(nth: int, act: Callable[[], object]) -> None:
    """Write the new site in a process that dies before its `nth` rename, removal or creation of a file."""

    def go() -> None:
        calls = iter(range(1, 1000))

        def counted(real: Callable[..., object]) -> Callable[..., object]:
            def call(*words: object, **more: object) -> object:
                if next(calls) == nth:
                    os._exit(9)
                return real(*words, **more)

            return call

        for place, names in ((os, ("rename", "unlink", "mkdir", "open")), (Path, ("replace", "unlink"))):
            for name in names:
                setattr(place, name, counted(getattr(place, name)))
        act()
        os._exit(0)

    child = multiprocessing.get_context("fork").Process(target=go)
    child.start()
    child.join()
    assert child.exitcode in (0, 9)


def test_a_site_is_old_or_new_after_a_kill_at_any_step(tmp_path: Path) -> None:
    """Whoever comes next has the whole new site, whenever the one before was killed."""
    partly = 0
    for nth in range(1, 60):
        site = tmp_path / str(nth)
        write(site, OLD)
        survive(nth, partial(write, site, NEW))
        left = read(site)
        partly += left not in (OLD, NEW)
        write(site, NEW)
        assert read(site) == NEW, nth
        assert hidden(site) == [".lock"], nth
    assert partly, "no kill fell among the renames: the test shows nothing"


def test_what_was_begun_is_finished_before_anything_else(tmp_path: Path) -> None:
    for nth in range(4, 60):
        site = tmp_path / str(nth)
        write(site, OLD)
        survive(nth, partial(write, site, NEW))
        with open_site(site, "x", force=False, note=lambda _: None):
            assert read(site) in (OLD, NEW), nth


def _write_one(path: Path, content: bytes) -> None:
    write(path, {"index.html": content, **{f"p{number}.html": content for number in range(50)}})


def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_write_one, args=(tmp_path, word)) for word in (b"a", b"b", b"c", b"d")]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert len(set(read(tmp_path).values())) == 1
    assert len(read(tmp_path)) == 51


def test_who_waits_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    with open_site(tmp_path, "x", force=False, note=said.append):
        child = multiprocessing.get_context("fork").Process(target=_hear_wait, args=(tmp_path,))
        child.start()
        child.join()
    assert child.exitcode == 0
    assert said == []


def _hear_wait(path: Path) -> None:
    def note(line: str) -> None:
        os._exit(0 if "waiting" in line else 1)

    with open_site(path, "x", force=False, note=note):
        os._exit(2)
