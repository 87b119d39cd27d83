"""What jobs of a fleet left in the results is known from the records alone."""

import os
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.parse.job_key import parse_job_key, read_round
from harness.records.fleet import JobKey
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.purpose import RunPurpose
from harness.records.run import Run
from harness.records.sweep import SweepEntry
from harness.store.bundle import PARTIAL, create_bundle
from harness.store.job_trace import find_finished, find_traces, list_begun
from harness.store.night_file import save_night
from harness.store.sweep_file import save_sweep
from tests import factory
from tests.unit.render.test_render_night import report
from tests.unit.store.test_store_sweep_file import sweep

KEY = "lab/2026-05-29/zen4/node-1/run"


def store(results: Path, run: Run, *, sealed: bool = True) -> Run:
    run, bundle = create_bundle(results, run)
    if sealed:
        bundle.seal(run, "report")
    else:
        bundle.save_run(run)
        bundle.release()
    return run


def job(key: str = KEY, start: str = "20260529T100000Z", node: str = "node-1") -> Run:
    run = factory.run()
    stamp = f"{start[:4]}-{start[4:6]}-{start[6:11]}:{start[11:13]}:{start[13:15]}+00:00"
    return run.replace(id=f"{start}-{run.id[17:]}", start=stamp, job=key, node=run.node.replace(name=node))


def test_a_key_is_read_back() -> None:
    key = JobKey(fleet="lab", round="2026-05-29", node_class="zen4", node="", job="nightly")
    assert parse_job_key(str(key)) == key
    assert str(parse_job_key(KEY)) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "/", "a/b/c/d", "a/b/c/d/e/f", "a/b/c//e", "*/b/c/d/e", "a/b/c/**/e", "a/../c/d/e", "a/b/c/d/é", "-a/b/c/d/e"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not the key of a job"):
        parse_job_key(text)


def test_a_run_is_a_trace_and_its_failure_too(tmp_path: Path) -> None:
    failed = (factory.result("build", Phase.BUILD, Status.FAILED),)
    good = store(tmp_path, job())
    bad = store(tmp_path, job(KEY.replace("/run", "/second"), "20260529T110000Z").replace(results=failed))
    store(tmp_path, job("other/2026-05-29/zen4/node-1/run"))
    store(tmp_path, job("", "20260529T120000Z"))
    first, second = find_traces(tmp_path, "lab/2026-05-29/")
    assert (first.key, first.node, first.runs, first.finished, first.exit_code) == (KEY, "node-1", (good.id,), True, 0)
    assert (first.newest, first.harness) == (good.start, good.harness)
    assert (second.finished, second.exit_code) == (True, int(bad.exit_code))
    assert second.exit_code == 10


def test_what_is_unfinished_does_not_end_a_job(tmp_path: Path) -> None:
    begun = store(tmp_path, job(), sealed=False)
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.runs, trace.finished) == ((begun.id,), False)
    assert find_finished(tmp_path, KEY) is None
    assert [one.run for one in list_begun(tmp_path, KEY, "node-1")] == [begun.id]
    assert list_begun(tmp_path, KEY, "node-2") == []
    ended = store(tmp_path, job(start="20260529T130000Z"))
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.runs, trace.finished) == ((begun.id, ended.id), True)


def test_a_job_whose_name_begins_with_that_of_another_is_another(tmp_path: Path) -> None:
    store(tmp_path, job(f"{KEY}-2"))
    store(tmp_path, job(f"{KEY}-3", "20260529T110000Z"), sealed=False)
    assert find_finished(tmp_path, KEY) is None
    assert list_begun(tmp_path, KEY, "node-1") == []
    assert len(find_traces(tmp_path, "lab/2026-05-29/")) == 2


def test_a_night_ends_with_its_report_alone(tmp_path: Path) -> None:
    run = store(tmp_path, job().replace(purpose=RunPurpose.NIGHT))
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.runs, trace.finished) == ((run.id,), False)
    night = report().replace(node="node-1", job=KEY, exit_code=20, stopped="interrupted")
    save_night(tmp_path, night)
    assert not find_traces(tmp_path, "lab/")[0].finished
    save_night(tmp_path, night.replace(stopped=""))
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.finished, trace.exit_code, trace.runs) == (True, 20, (run.id,))


def test_a_sweep_ends_with_its_file_and_has_the_code_of_its_runs(tmp_path: Path) -> None:
    key = KEY.replace("05-29", "01-01")
    one = sweep(1).replace(job=key)
    run = store(tmp_path, job(key, one.id[:16]).replace(sweep=one.id))
    one = one.replace(entries=tuple(SweepEntry(values=entry.values, run=run.id) for entry in one.entries))
    save_sweep(tmp_path, one)
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.runs, trace.finished) == ((run.id,), False)
    assert [begun.sweep for begun in list_begun(tmp_path, key, "node-1")] == [one.id]
    save_sweep(tmp_path, one.replace(end="2026-05-30T00:00:00+00:00"))
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.finished, trace.exit_code) == (True, 0)
    gone = one.replace(end="2026-05-30T00:00:00+00:00", entries=(SweepEntry(values=(), run="../../../etc"),))
    save_sweep(tmp_path, gone)
    (trace,) = find_traces(tmp_path, "lab/")
    assert (trace.finished, trace.exit_code) == (True, 12)


def test_a_round_of_a_day_is_looked_for_from_the_day_before_on(tmp_path: Path) -> None:
    for start in ("20260427T100000Z", "20260527T100000Z", "20260528T100000Z", "20260601T100000Z"):
        store(tmp_path, job(start=start))
    (trace,) = find_traces(tmp_path, "lab/2026-05-29/")
    assert [run[:8] for run in trace.runs] == ["20260528", "20260601"]
    store(tmp_path, job("lab/weekly/zen4/node-1/run", "20260427T110000Z"))
    (trace,) = find_traces(tmp_path, "lab/weekly/")
    assert len(trace.runs) == 1


def test_one_job_on_two_nodes_leaves_two_traces(tmp_path: Path) -> None:
    anywhere = "lab/2026-05-29/zen4/*/run"
    store(tmp_path, job(anywhere), sealed=False)
    store(tmp_path, job(anywhere, node="node-2"))
    assert [(one.node, one.finished) for one in find_traces(tmp_path, "lab/")] == [("node-1", False), ("node-2", True)]
    done = find_finished(tmp_path, anywhere)
    assert done is not None and done.node == "node-2"
    assert [one.node for one in find_traces(tmp_path, "lab/", "node-1")] == ["node-1"]


def test_what_cannot_be_read_leaves_no_trace(tmp_path: Path) -> None:
    run = store(tmp_path, job())
    month = tmp_path / "node-1" / "2026-05"
    (month / run.id / "run.json").write_bytes(b'{"job": "lab/2026-05-29/zen4/node-1/run"')
    (month / "20260529T200000Z-x-y").mkdir()
    os.mkfifo(month / "20260529T210000Z-night.json")
    (month / f"20260529T220000Z-x-y{PARTIAL}").symlink_to(month / run.id)
    assert find_traces(tmp_path, "lab/") == ()
    assert find_traces(tmp_path / "nothing", "lab/") == ()


@pytest.mark.parametrize("sign", [".", "@", "#"])
def test_what_a_file_server_or_an_editor_left_is_no_trace(tmp_path: Path, sign: str) -> None:
    run = store(tmp_path, job())
    (tmp_path / "node-1" / "2026-05" / run.id).rename(tmp_path / "node-1" / "2026-05" / f"{sign}{run.id}")
    assert find_traces(tmp_path, "lab/weekly/") == find_traces(tmp_path, "lab/") == ()


def test_files_of_other_kinds_and_of_days_before_are_no_traces(tmp_path: Path) -> None:
    night = report().replace(node="node-1", job=KEY)
    path = save_night(tmp_path, night)
    assert len(find_traces(tmp_path, "lab/2026-05-29/")) == 1
    early = path.with_name(f"20260501{path.name[8:]}")
    path.rename(early)
    assert find_traces(tmp_path, "lab/2026-05-29/") == ()
    early.rename(path.with_name(path.name.replace("night", "copy")))
    assert find_traces(tmp_path, "lab/2026-05-29/") == ()


@pytest.mark.parametrize("word", ["20261128", "2026-W48", "2026-W48-6", "2026-02-30", "weekly.7"])
def test_a_round_is_named_after_a_day_in_one_way_alone(word: str) -> None:
    assert read_round(word) is None
    assert str(read_round("2026-11-28")) == "2026-11-28"


def test_a_round_of_a_week_is_looked_for_everywhere(tmp_path: Path) -> None:
    # As a day, this would be one of a year in which no run was made.
    key = "lab/2099-W01/zen4/node-1/run"
    stored = store(tmp_path, factory.run().replace(job=key))
    (found,) = find_traces(tmp_path, "lab/2099-W01/")
    assert found.runs == (stored.id,)
