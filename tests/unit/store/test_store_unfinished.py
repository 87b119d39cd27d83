"""What is said to be kept is there."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UnreadableError, UsageError
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.trial import Role, Trial
from harness.store.bundle import Bundle, create_bundle, load_run
from harness.store.unfinished import describe_kept, find_partial
from tests import factory


@pytest.mark.parametrize(
    ("removed", "said"),
    [(0, "finished work is kept"), (1, "except in 1 of 2 runs"), (2, "removed or moved in the meantime")],
)
def test_what_was_removed_meanwhile_is_not_called_kept(tmp_path: Path, removed: int, said: str) -> None:
    bundles = []
    for _ in range(2):
        run, bundle = create_bundle(tmp_path, factory.run())
        bundle.save_run(run)
        bundles.append(bundle)
    for bundle in bundles[:removed]:
        bundle.discard()
    assert said in describe_kept([bundle.path for bundle in bundles])


def test_what_is_sealed_is_kept(tmp_path: Path) -> None:
    run, bundle = create_bundle(tmp_path, factory.run())
    bundle.seal(run, "report")
    assert describe_kept([bundle.path]) == "finished work is kept"


RUN = factory.run()
LATER = RUN.replace(id=RUN.id.replace("000000Z", "000001Z"))


def begin(results: Path, run: Run = RUN) -> Bundle:
    run, bundle = create_bundle(results, run)
    bundle.save_run(run)
    bundle.save_plan(Plan(sites=(factory.site(),), steps=(factory.step(),)))
    return bundle


def find(results: Path, wanted: str = "", notes: list[str] | None = None, node: str = "node-1") -> Bundle:
    return find_partial(results, node, wanted, note=([] if notes is None else notes).append)[0]


def test_the_state_of_an_unfinished_run_reads_back(tmp_path: Path) -> None:
    bundle = begin(tmp_path)
    with pytest.raises(UsageError, match="is being measured by another process"):
        find(tmp_path, RUN.id)
    bundle.release()  # as the end of its process does
    assert load_run(find(tmp_path).path) == RUN
    assert find(tmp_path, RUN.id[:12]).path == bundle.path


def test_unfinished_runs_are_told_apart(tmp_path: Path) -> None:
    begin(tmp_path, LATER)
    begin(tmp_path)
    assert find(tmp_path).final.name == LATER.id
    with pytest.raises(UsageError, match="2 unfinished runs"):
        find(tmp_path, "2026")
    with pytest.raises(UsageError, match="no unfinished run"):
        find(tmp_path, "1999")


def test_without_a_plan_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    begin(tmp_path)
    create_bundle(tmp_path, LATER)
    assert find(tmp_path).final.name == RUN.id


def test_an_exact_id_is_not_ambiguous_beside_its_second(tmp_path: Path) -> None:
    begin(tmp_path)
    begin(tmp_path)
    assert find(tmp_path, RUN.id).final.name == RUN.id


@pytest.mark.parametrize("wanted", ["**", "[", "../x"])
def test_what_the_user_types_is_no_pattern(tmp_path: Path, wanted: str) -> None:
    begin(tmp_path)
    with pytest.raises(UsageError, match="no unfinished run"):
        find(tmp_path, wanted)


def test_runs_of_other_nodes_are_not_ours(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(UsageError, match="no unfinished run"):
        find(tmp_path, node="node-2")


def _give_away(bundle: Bundle, monkeypatch: pytest.MonkeyPatch, *, keeps_owners: bool = True) -> None:
    """Let somebody else look at a run; what they make belongs to them, unless all files there have one owner."""
    owner = bundle.path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if keeps_owners:
        monkeypatch.setattr("harness.store.unfinished._probe", lambda _: (owner + 1, False))


def _open_a_log(bundle: Bundle) -> None:
    (bundle.logs / "x.log").touch()
    (bundle.logs / "x.log").chmod(0o606)


def _link_the_folder(bundle: Bundle) -> None:
    bundle.path.rename(bundle.path.with_name("elsewhere"))
    bundle.path.symlink_to(bundle.path.with_name("elsewhere"))


SPOILT: dict[str, tuple[Callable[[Bundle], object], str]] = {
    "others may write to the folder": (lambda bundle: bundle.path.chmod(0o777), "may have been changed by others"),
    "others may write to the plan": (
        lambda bundle: (bundle.path / "plan.json").chmod(0o664),
        "may have been changed by others",
    ),
    "others may write to a log": (_open_a_log, "may have been changed by others"),
    "a log is a link": (lambda bundle: (bundle.logs / "x.log").symlink_to("/etc/passwd"), "is a link"),
    "a log leads nowhere": (lambda bundle: (bundle.logs / "x.log").symlink_to("x.log"), "is a link"),
    "the next run.json is a link": (lambda bundle: (bundle.path / "run.json.tmp").symlink_to("/tmp/x"), "is a link"),
    "a log is a pipe": (lambda bundle: os.mkfifo(bundle.logs / "x.log"), "neither a file nor a folder"),
    "the folder is a link": (_link_the_folder, "is a link"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_others_can_have_changed_is_passed_over_and_refused_by_name(tmp_path: Path, spoilt: str) -> None:
    spoil, reason = SPOILT[spoilt]
    begin(tmp_path)
    spoil(begin(tmp_path, LATER))
    with pytest.raises(UsageError, match=reason):
        find(tmp_path, LATER.id)
    notes: list[str] = []
    assert find(tmp_path, notes=notes).final.name == RUN.id
    assert len(notes) == 1
    assert reason in notes[0]


@pytest.mark.parametrize("name", ["run.json", "plan.json"])
@pytest.mark.parametrize("text", ["", '{"schema": 99}', "[1"])
def test_what_cannot_be_read_is_passed_over_and_named(tmp_path: Path, name: str, text: str) -> None:
    broken = begin(tmp_path, LATER)
    (broken.path / name).write_text(text)
    notes: list[str] = []
    with pytest.raises(UsageError, match="no unfinished run") as refused:
        find(tmp_path, notes=notes)
    assert f"harness list --unfinished --remove {LATER.id} --yes" in refused.value.hint
    begin(tmp_path)
    assert find(tmp_path, notes=notes).final.name == RUN.id
    assert len(notes) == 2
    assert str(broken.path / name) in notes[0]
    if name == "run.json":
        with pytest.raises(UnreadableError):
            find(tmp_path, LATER.id)


def test_who_can_resume_nothing_is_told_what_to_do_about_the_latest(tmp_path: Path) -> None:
    begin(tmp_path).path.chmod(0o775)  # as with an umask of 002, by an earlier version
    with pytest.raises(UsageError, match="no unfinished run") as refused:
        find(tmp_path)
    assert "chmod -R go-w" in refused.value.hint


def test_where_no_modes_are_kept_the_owner_alone_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' file systems let all write to whatever is made."""
    bundle = begin(tmp_path)
    bundle.release()
    bundle.path.chmod(0o777)
    fresh = tempfile.mkdtemp

    def open_to_all(*words: str | None, **named: str | None) -> str:
        made = fresh(*words, **named)
        Path(made).chmod(0o777)
        return made

    monkeypatch.setattr(tempfile, "mkdtemp", open_to_all)
    assert find(tmp_path, RUN.id).path == bundle.path
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_where_no_owners_are_kept_nobody_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some exports of NFS give all files to nobody, and Windows' file systems to whoever mounted them."""
    bundle = begin(tmp_path)
    bundle.release()
    _give_away(bundle, monkeypatch, keeps_owners=False)
    assert find(tmp_path, RUN.id).path == bundle.path
    assert [path.name for path in bundle.path.parent.iterdir()] == [bundle.path.name]


def test_what_another_user_began_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _give_away(begin(tmp_path), monkeypatch)
    with pytest.raises(UsageError, match="not by you"):
        find(tmp_path, RUN.id)
    notes: list[str] = []
    with pytest.raises(UsageError, match="no unfinished run"):
        find(tmp_path, notes=notes)
    assert "was started by" in notes[0]


def test_parts_of_something_larger_are_not_runs_of_their_own(tmp_path: Path) -> None:
    begin(tmp_path)
    trial = Trial(id="x", role=Role.BASELINE, seed=1, pairs=1)
    part = begin(tmp_path, LATER.replace(sweep="20260101T000000Z-abc"))
    with pytest.raises(UsageError, match=r"20260101T000000Z-abc\.sweep\.json no longer exists") as refused:
        find(tmp_path, LATER.id)
    assert f"harness list --unfinished --remove {LATER.id} --yes --results {tmp_path}" in refused.value.hint
    part.release()
    (part.path.parent / "20260101T000000Z-abc.sweep.json").touch()
    side = begin(tmp_path, LATER.replace(trial=trial))
    assert find(tmp_path).final.name == RUN.id
    with pytest.raises(UsageError, match="belongs to the sweep") as refused:
        find(tmp_path, LATER.id)
    assert "harness sweep --resume 20260101T000000Z-abc" in refused.value.hint
    with pytest.raises(UsageError, match="one side of a live comparison"):
        find(tmp_path, side.final.name)
    sweep = "20260101T000000Z-abc"
    assert find_partial(tmp_path, "node-1", LATER.id, note=print, sweep=sweep)[1].sweep == sweep


def test_several_unfinished_runs_with_one_beginning_are_told_apart_by_a_command(tmp_path: Path) -> None:
    begin(tmp_path).release()
    begin(tmp_path, LATER).release()
    with pytest.raises(UsageError, match="the ids of 2 unfinished runs begin with") as several:
        find(tmp_path, RUN.id[:10])
    assert several.value.hint == f"harness run --resume {LATER.id}"
