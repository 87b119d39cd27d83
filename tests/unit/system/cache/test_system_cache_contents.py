"""The cache listed and pruned: what is recognised alone, in the cache alone, never through a link."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.records.cache_contents import CacheEntry, CacheEntryKind
from harness.system.cache.contents import probe_contents, remove_entry
from harness.system.cache.usage import close_gate, is_occupied, last_use_s, mark_used, occupy, read_purpose
from harness.system.lock import hold, is_held

SOURCE = "sources/sdist-5df897e5dd9d"
BUILD = "builds/sdist-5df897e5dd9d-a96c061c-701b3693-a21c5d0c"
ROOFLINE = "builds/roof-1a2b3c4d5e6f-a96c061c-701b3693-a21c5d0c"
LOGS = "logs/sdist-5df897e5dd9d-a96c061c-701b3693-a21c5d0c"
WEIGHTS = "weights/synthetic-v1-tiny-f16-seed1.bin"
ARCHIVE = f"archives/{'5d' * 32}/thing-1.tar.gz"
CLONE = "repositories/0123456789ab.git"
AUDIO = "audio/0123456789abcdef.wav"
REFERENCE = "references/check-base-q5_0-0123456789ab.ref"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    for name, text in {
        f"{SOURCE}/complete.json": '{"facts": {"commit": {"sha": "f24588a272", "release": "v1.8.5"}}}',
        f"{SOURCE}/tree/a.c": "12345",
        f"{SOURCE}.lock": "",
        f"{BUILD}/bin/whisper-bench": "1234567890",
        f"{BUILD}.lock": "",
        f"{ROOFLINE}/bin/roof": "1",
        f"{ROOFLINE}/CMakeCache.txt": f"A:BOOL=1\nCMAKE_CACHEFILE_DIR:INTERNAL=/somewhere/{Path(ROOFLINE).name}\n",
        f"{LOGS}/run.json": '{"schema": 1}',
        WEIGHTS: "weights",
        f"{WEIGHTS}.sha256": "sum",
        f"{WEIGHTS}.made": "key",
        f"{WEIGHTS}.lock": "",
        "weights/ggml-base.bin.part": "half",
        "weights/ggml-base.bin.part.etag": "tag",
        "weights/ggml-base.bin.lock": "",
        AUDIO: "RIFF\0\0\0\0WAVEfmt \0",
        REFERENCE: "numbers",
        f"{REFERENCE}.made": "key",
        f"{REFERENCE}.lock": "",
        "references/.check-base-0123456789ab.ref.partial-77": "num",
        "references/check-base-0123456789ab.ref.lock": "",
        "references/check-mine.ref": "mine",
        "weights/sums/1.json": "{}",
        "weights/notes.txt": "mine",
        ARCHIVE: "archive",
        f"{ARCHIVE}.lock": "",
        f"{CLONE}/config": '[remote "origin"]\n\turl = https://me:secret@example.org/x.git\n',
        "sources/.sdist-000000000000.partial-ab_cd3/tree/a.c": "1",
        "sources/sdist-000000000000.lock": "",
        "weights/.ggml-base.bin.part.pruned-0123abcd": "half",
        "weights/.ggml-base.bin.sha256.pruned-0123abcd": "sum",
        "audio/.0123456789abcdef.wav.partial-0123abcd": "RIFF\0\0\0\0WAVEfmt \0",
        "builds/my-own-folder/a.o": "1",
        "durations.json": "{}",
        "unknown/file": "1",
        ".block-0123abcd/lock": "",
        ".block-0123abcd/7/0/src/libwhisper.so": "1",
        ".block-mine/file": "1",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def look(cache: Path, *, busy: bool = False, needed: tuple[tuple[str, str], ...] = ()) -> dict[str, CacheEntry]:
    stock = probe_contents(cache, now_s=time.time(), busy=busy, needed=needed)
    return {Path(entry.path).relative_to(cache).as_posix(): entry for entry in stock.entries}


def test_everything_is_recognised_and_nothing_else(cache: Path) -> None:
    kinds = {name: entry.kind for name, entry in look(cache).items()}
    assert kinds == {
        SOURCE: CacheEntryKind.SOURCES,
        BUILD: CacheEntryKind.BUILDS,
        ROOFLINE: CacheEntryKind.ROOFLINES,
        LOGS: CacheEntryKind.LOGS,
        WEIGHTS: CacheEntryKind.WEIGHTS,
        "weights/ggml-base.bin.part": CacheEntryKind.DOWNLOADS,
        "weights/notes.txt": CacheEntryKind.OTHER,
        AUDIO: CacheEntryKind.AUDIO,
        REFERENCE: CacheEntryKind.REFERENCES,
        "references/.check-base-0123456789ab.ref.partial-77": CacheEntryKind.LEFTOVERS,
        "references/check-mine.ref": CacheEntryKind.OTHER,
        ARCHIVE: CacheEntryKind.ARCHIVES,
        CLONE: CacheEntryKind.REPOSITORIES,
        "sources/.sdist-000000000000.partial-ab_cd3": CacheEntryKind.LEFTOVERS,
        "weights/.ggml-base.bin.part.pruned-0123abcd": CacheEntryKind.LEFTOVERS,
        "weights/.ggml-base.bin.sha256.pruned-0123abcd": CacheEntryKind.LEFTOVERS,
        "audio/.0123456789abcdef.wav.partial-0123abcd": CacheEntryKind.LEFTOVERS,
        "builds/my-own-folder": CacheEntryKind.OTHER,
        "durations.json": CacheEntryKind.OTHER,
        "unknown": CacheEntryKind.OTHER,
        ".block-0123abcd": CacheEntryKind.LEFTOVERS,
        ".block-mine": CacheEntryKind.OTHER,
    }


def test_size_purpose_and_companions(cache: Path) -> None:
    entries = look(cache)
    assert entries[WEIGHTS].size_bytes == len("weights" + "sum" + "key")
    assert entries[REFERENCE].size_bytes == len("numbers" + "key")
    assert entries[SOURCE].purpose == "v1.8.5"
    assert entries[CLONE].purpose.endswith("example.org/x.git")
    assert "secret" not in entries[CLONE].purpose
    assert sum(entry.size_bytes for entry in entries.values()) == probe_contents(cache, now_s=0).total_bytes


def test_nothing_at_all(tmp_path: Path) -> None:
    assert probe_contents(tmp_path / "none", now_s=0).entries == ()


def test_a_use_makes_an_entry_young_and_says_what_for(cache: Path) -> None:
    for path in (cache / BUILD).rglob("*"):
        os.utime(path, (1000, 1000))
    os.utime(cache / BUILD, (1000, 1000))
    assert last_use_s(cache, cache / BUILD) == 1000
    mark_used(cache, cache / BUILD / "bin", "v1.8.5, Release native")
    assert last_use_s(cache, cache / BUILD) > time.time() - 60
    assert look(cache)[BUILD].purpose == "v1.8.5, Release native"
    os.utime(cache / "used" / BUILD.replace("/", "--"), (2000, 2000))
    mark_used(cache, cache / BUILD, "v1.8.5, Release native")
    assert last_use_s(cache, cache / BUILD) > time.time() - 60


@pytest.mark.parametrize(
    "name",
    [
        "sources/git-0123456789ab/precious",
        "repositories/ba9876543210.git/precious",
        "builds/mine-aaaaaaaa-bbbbbbbb-cccccccc/precious",
        "builds/roof-1-aaaaaaaa-bbbbbbbb-cccccccc/CMakeCache.txt",
        "logs/mine-aaaaaaaa-bbbbbbbb-cccccccc/precious",
        "logs/mine-aaaaaaaa-bbbbbbbb-cccccccc/run.json",
        "weights/my-model.bin",
        "weights/my-model.bin.part",
        "audio/fedcba9876543210.wav",
        "references/check-mine-fedcba987654.ref",
        f"archives/{'ab' * 32}/mine.tar.gz",
        f"archives/{'ab' * 32}/tmpabcdefgh/precious",
        "builds/.mine.pruned-abcd/precious",
        "audio/.mine.partial-abcd",
        "sources/.mine.partial-abcd/precious",
    ],
)
def test_what_only_has_such_a_name_is_somebodys(cache: Path, name: str) -> None:
    path = cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("CMAKE_CACHEFILE_DIR:INTERNAL=/home/me/build\n")
    found = [entry for entry in look(cache).values() if path.is_relative_to(entry.path)]
    assert [(entry.kind, entry.lock) for entry in found] == [(CacheEntryKind.OTHER, "")]


def test_a_lock_that_holds_something_is_not_a_lock_and_keeps_its_content(cache: Path) -> None:
    notes = cache / "weights" / "ggml-large.bin.lock"
    notes.write_text("my notes")
    (cache / "weights" / "ggml-large.bin").write_text("mine")
    assert look(cache)["weights/ggml-large.bin"].kind is CacheEntryKind.OTHER
    assert not is_held(notes)
    (cache / f"{SOURCE}.lock").write_text("my notes")
    assert "is not a lock file" in remove_entry(cache, look(cache)[SOURCE]).kept
    assert (cache / f"{SOURCE}.lock").read_text() == "my notes"
    (cache / "used").mkdir()
    holders = {"holder-notes.lock": "", "holder-1-00000000.lock": "mine", "holder-x.lock": "mine"}
    for name, text in holders.items():
        (cache / "used" / name).write_text(text)
    (cache / "used" / "holder-2-00000000.lock").symlink_to(notes)
    assert not is_occupied(cache)
    with close_gate(cache, note=pytest.fail):
        pass
    assert notes.read_text() == "my notes"
    assert {name: (cache / "used" / name).read_text() for name in holders} == holders
    assert (cache / "used" / "holder-2-00000000.lock").is_symlink()


def test_companions_that_are_not_files_stay(cache: Path, tmp_path: Path) -> None:
    made = cache / f"{WEIGHTS}.made"
    made.unlink()
    made.mkdir()
    (made / "precious").write_text("x")
    (cache / f"{WEIGHTS}.sha256").unlink()
    (cache / f"{WEIGHTS}.sha256").symlink_to(tmp_path)
    assert remove_entry(cache, look(cache)[WEIGHTS]).kept == ""
    assert not (cache / WEIGHTS).exists()
    assert (made / "precious").read_text() == "x"
    assert (cache / f"{WEIGHTS}.sha256").is_symlink()


def test_what_lies_elsewhere_is_not_marked(cache: Path, tmp_path: Path) -> None:
    mark_used(cache, tmp_path / "tree", "mine")
    mark_used(cache, cache / "durations.json", "no entry")
    assert not (cache / "used").exists()


def test_every_kind_is_removed_whole(cache: Path) -> None:
    mark_used(cache, cache / BUILD, "x")
    for entry in look(cache).values():
        if entry.kind is not CacheEntryKind.OTHER:
            assert remove_entry(cache, entry).kept == ""
    assert {name for name, entry in look(cache).items() if entry.kind is not CacheEntryKind.OTHER} == set()
    assert not (cache / f"{WEIGHTS}.sha256").exists()
    assert not (cache / f"{WEIGHTS}.made").exists()
    assert not (cache / "weights/ggml-base.bin.part.etag").exists()
    assert (cache / "weights/notes.txt").exists()
    assert read_purpose(cache, cache / BUILD) == ""


@pytest.mark.parametrize("name", [SOURCE, WEIGHTS, ARCHIVE])
def test_what_another_holds_is_in_use_and_stays(cache: Path, name: str) -> None:
    before = look(cache)[name]
    with hold(cache / f"{name}.lock", busy=lambda: None):
        assert look(cache)[name].in_use == "another process holds its lock"
        assert remove_entry(cache, before).kept == "another process holds its lock", "it was taken a moment ago"
    assert (cache / name).exists()
    assert remove_entry(cache, before).kept == ""


def test_what_an_unfinished_run_needs_is_in_use(cache: Path) -> None:
    entries = look(cache, needed=((str(cache / SOURCE / "tree"), "20260101T000000Z-x is not finished"),))
    assert [name for name, entry in entries.items() if entry.in_use] == [SOURCE]


def test_a_live_run_uses_whatever_it_may_use(cache: Path) -> None:
    used = {entry.kind for entry in look(cache, busy=True).values() if entry.in_use}
    measured = {
        CacheEntryKind.SOURCES,
        CacheEntryKind.BUILDS,
        CacheEntryKind.ROOFLINES,
        CacheEntryKind.WEIGHTS,
        CacheEntryKind.LOGS,
    }
    assert used == measured | {CacheEntryKind.AUDIO, CacheEntryKind.REFERENCES}


def test_the_cache_is_occupied_for_as_long_as_its_user_lives(cache: Path) -> None:
    assert not is_occupied(cache)
    with occupy(cache, note=pytest.fail):
        assert is_occupied(cache)
        with close_gate(cache, note=pytest.fail):
            assert is_occupied(cache)
    assert not is_occupied(cache)
    killed = cache / "used" / "holder-1-00000000.lock"
    killed.touch()
    with close_gate(cache, note=pytest.fail):
        assert not killed.exists()


def test_links_are_neither_followed_nor_removed(cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / Path(BUILD).name).mkdir(parents=True)
    (outside / Path(BUILD).name / "precious").write_text("x")
    link = cache / "builds" / "sdist-ffffffffffff-a96c061c-701b3693-a21c5d0c"
    link.symlink_to(outside / Path(BUILD).name)
    (cache / BUILD / "link").symlink_to(outside)
    (cache / "weights" / "ggml-tiny.bin").symlink_to(outside / Path(BUILD).name / "precious")
    entries = look(cache)
    assert entries[link.relative_to(cache).as_posix()].kind is CacheEntryKind.OTHER
    assert entries["weights/ggml-tiny.bin"].kind is CacheEntryKind.OTHER
    assert remove_entry(cache, entries[BUILD]).kept == ""
    assert (outside / Path(BUILD).name / "precious").read_text() == "x"


def test_a_results_folder_that_is_a_link_is_not_entered(cache: Path, tmp_path: Path) -> None:
    entry = look(cache)[BUILD]
    (cache / "builds").rename(tmp_path / "elsewhere")
    (cache / "builds").symlink_to(tmp_path / "elsewhere")
    assert look(cache)["builds"].kind is CacheEntryKind.OTHER
    assert remove_entry(cache, entry).kept == "it is not inside the cache"
    assert (tmp_path / "elsewhere" / Path(BUILD).name).exists()


def test_a_lock_that_is_a_link_is_not_opened(cache: Path, tmp_path: Path) -> None:
    entry = look(cache)[SOURCE]
    precious = tmp_path / "precious"
    precious.write_text("x")
    (cache / f"{SOURCE}.lock").unlink()
    (cache / f"{SOURCE}.lock").symlink_to(precious)
    assert remove_entry(cache, entry).kept
    assert precious.read_text() == "x"
    assert (cache / SOURCE).exists()


def test_a_killed_pruning_leaves_what_is_recognised(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    entry = look(cache)[BUILD]
    monkeypatch.setattr("harness.system.cache.contents._delete", killed)
    with pytest.raises(KeyboardInterrupt):
        remove_entry(cache, entry)
    monkeypatch.undo()
    assert not (cache / BUILD).exists(), "nothing that looks whole"
    (left,) = [one for one in look(cache).values() if one.name.startswith(f".{Path(BUILD).name}.pruned-")]
    assert left.kind is CacheEntryKind.LEFTOVERS
    assert remove_entry(cache, left).kept == ""
    assert not Path(left.path).exists()


def test_a_folder_that_cannot_be_renamed_is_removed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(path: Path, target: Path, *, _rename: Callable[[Path, Path], Path] = Path.rename) -> Path:
        if path.is_dir():  # of a lower layer of overlayfs
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return _rename(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    assert remove_entry(cache, look(cache)[BUILD]).kept == ""
    assert BUILD not in look(cache)
    assert not list((cache / BUILD).parent.glob(".*"))


def test_a_read_only_cache_is_listed_and_says_why_nothing_goes(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    entry = look(cache)[BUILD]
    monkeypatch.setattr(Path, "rename", refuse)
    assert remove_entry(cache, entry).kept == "Read-only file system"
    monkeypatch.setattr(Path, "mkdir", refuse)
    mark_used(cache, cache / BUILD, "x")
    with occupy(cache, note=pytest.fail):
        assert look(cache)[BUILD].in_use == ""
