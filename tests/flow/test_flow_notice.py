"""A command is started once for each event, never twice, and its failure is a note."""

import json
import os
import sys
from pathlib import Path

import pytest

from harness.night import notice
from harness.night.notice import is_worth_it, mark_path, notify
from harness.records.history import Event, EventKind
from harness.records.night_report import NightReport
from tests.unit.render.test_render_night import SLOWER, event, full, report

ENVIRON = {"PATH": os.environ["PATH"]}


def hear(folder: Path, *words: str) -> list[str]:
    """Return a command that appends what it reads to a file."""
    code = f"import sys; open({str(folder / 'heard')!r}, 'a').write(sys.stdin.read()); {'; '.join(words) or 'pass'}"
    return [sys.executable, "-c", code]


def list_heard(folder: Path) -> list[str]:
    text = (folder / "heard").read_text() if (folder / "heard").exists() else ""
    decoder, found = json.JSONDecoder(), []
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        found.append(value["event"]["id"])
        text = text.lstrip()[end:]
    return found


def make(*events: Event) -> NightReport:
    return report(new=events)


def test_a_command_reads_the_event_and_where_it_was_found(tmp_path: Path) -> None:
    assert notify(full(), hear(tmp_path), tmp_path / "results", ENVIRON) == ()
    heard = (tmp_path / "heard").read_text()
    first = json.JSONDecoder().raw_decode(heard)[0]
    assert (first["node"], first["branch"], first["event"]["kind"]) == ("desk", "master", "CODE")
    assert first["headline"].startswith("1 regression confirmed")
    assert first["about"]["suspects"][0]["author"] == "Ann"
    assert first["event"]["found"][1]["change"] == pytest.approx(0.048)


def test_nobody_is_notified_twice(tmp_path: Path) -> None:
    for _ in range(3):
        assert notify(make(SLOWER), hear(tmp_path), tmp_path / "results", ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id]
    other = SLOWER.replace(id="00112233")
    assert notify(make(SLOWER, other), hear(tmp_path), tmp_path / "results", ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id, other.id]


@pytest.mark.parametrize(
    ("found", "worth"),
    [
        (SLOWER, True),
        (event(EventKind.NODE), True),
        (event(EventKind.NODE, trials=()), False),
        (event(EventKind.MISSING, trials=()), True),
        (event(EventKind.BROKEN, trials=()), True),
        (event(EventKind.SUSPICION), False),
        (event(EventKind.YARDSTICK), False),
        (SLOWER.replace(returned="2026-05-29"), False),
    ],
)
def test_what_people_are_notified_of(found: Event, worth: bool) -> None:  # noqa: FBT001
    assert is_worth_it(found) is worth


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sys.stderr.write('no\\x1b mail\\n'); sys.exit(7)"], "--notify failed (exit code 7)"),
        (["sys.exit(1)"], "--notify failed (exit code 1)"),
    ],
)
def test_a_command_that_fails_is_a_note_and_is_not_started_again(tmp_path: Path, words: list[str], said: str) -> None:
    (text,) = notify(make(SLOWER), hear(tmp_path, *words), tmp_path / "results", ENVIRON)
    assert text.startswith(f"CODE {SLOWER.id}: {said}")
    assert "\x1b" not in text
    assert notify(make(SLOWER), hear(tmp_path), tmp_path / "results", ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id]


def test_a_note_does_not_repeat_what_may_be_secret(tmp_path: Path) -> None:
    words = ["sys.stderr.write('no answer of https://me:cAnArY@chat.example.org/x')", "sys.exit(1)"]
    command = [*hear(tmp_path, *words), "https://chat.example.org/hook/cAnArY", "--password", "cAnArY"]
    (text,) = notify(make(SLOWER), command, tmp_path / "results", ENVIRON)
    assert "no answer of https://chat.example.org/x" in text
    written = [path.read_text() for path in (tmp_path / "results").rglob("*") if path.is_file()]
    assert not [one for one in (text, *written) if "cAnArY" in one]


def test_a_program_that_does_not_exist_is_a_note_and_sets_no_mark(tmp_path: Path) -> None:
    (text,) = notify(make(SLOWER), ["no-such-program"], tmp_path, ENVIRON)
    assert text == "nobody was notified: there is no program 'no-such-program' that can be started; the next night will"
    assert notify(report(open=(SLOWER,)), hear(tmp_path), tmp_path, ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id], "it still stands"


def test_a_command_that_never_ends_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "LIMIT_S", 0.3)
    (text,) = notify(make(SLOWER), [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, ENVIRON)
    assert "(exit code 124)" in text


def test_a_command_that_reads_nothing_is_fine(tmp_path: Path) -> None:
    assert notify(make(SLOWER), ["true"], tmp_path, ENVIRON) == ()


def test_whoever_is_killed_before_the_command_leaves_a_mark_that_the_next_night_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notice, "hand_over", die)
        with pytest.raises(KeyboardInterrupt):
            notify(make(SLOWER), hear(tmp_path), tmp_path, ENVIRON)
    mark = mark_path(tmp_path, SLOWER)
    assert json.loads(mark.read_text())["event"]["id"] == SLOWER.id
    (text,) = notify(make(SLOWER), hear(tmp_path), tmp_path, ENVIRON)
    assert "which may have run" in text
    assert list_heard(tmp_path) == []


def test_without_a_mark_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("harness.night.notice.os.fsync", fail)
        (text,) = notify(make(SLOWER), hear(tmp_path), tmp_path, ENVIRON)
    assert "No space left on device" in text
    assert not mark_path(tmp_path, SLOWER).exists()
    assert list_heard(tmp_path) == []
    assert notify(make(SLOWER), hear(tmp_path), tmp_path, ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id], "the next night does it"


def test_of_two_nodes_that_share_a_folder_one_notifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = mark_path(tmp_path, SLOWER)

    def lose(*_: object) -> bool:
        """Find no mark, and let another node set it in the next moment."""
        mark.parent.mkdir(parents=True)
        mark.write_text("{}")
        return False

    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", lose)
        assert notify(make(SLOWER), ["false"], tmp_path, ENVIRON) == (), "else its failure were a note"
    assert mark.read_text() == "{}"
    assert list(mark.parent.iterdir()) == [mark]


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for _ in range(2):
        assert notify(make(SLOWER), hear(tmp_path), tmp_path / "results", ENVIRON) == ()
    assert list_heard(tmp_path) == [SLOWER.id]


def test_marks_stay_in_the_folder_of_the_node(tmp_path: Path) -> None:
    assert mark_path(tmp_path, SLOWER).relative_to(tmp_path).parts == ("desk", ".notices", f"{SLOWER.id}.json")
    for wild in (SLOWER.replace(id="../../x"), SLOWER.replace(node="../x")):
        assert ".." not in mark_path(tmp_path, wild).relative_to(tmp_path).parts
