"""Parts of something larger: a sweep, a comparison or a search is killed, and what it left is removed or edited."""

import errno
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness.records.run import SCHEMA
from harness.store.bundle import load_run
from tests.faults.deed import Begun, tool
from tests.faults.fault import Deed, Family, Fault, Seen, refuses
from tests.faults.shim import error_name, failing
from tests.faults.stage import SHORT, Stage

_SWEEP = ("--axis", "GGML_LLAMAFILE=OFF,ON", "--threads", "1", "--repetitions", "1")
_TUNE = ("--engine", "bench", "--over", "threads,fa", "--threads", "1", "--budget", "5s", "--no-write")
_AB = ("ab", "fa=0", "fa=1", "--engine", "bench", "--max-time", "0.3s")
_BISECT = ("--threads", "2", "--engine", "bench", "--seed", "1")
_ELSEWHERE = "20260101T000000Z-aaaaaaaa-bbbbbbbb"
_WAIT_S = 60


def _words(stage: Stage, verb: str) -> list[str]:
    source = ["--source", str(stage.kit.tree), "--model", "tiny", "--weights", str(stage.kit.weights)]
    return {
        "sweep": ["sweep", *_SWEEP, *source],
        "tune": ["tune", *_TUNE, *source],
        "ab": stage.kit.trial_words(*_AB[:-2]),
        "bisect": ["bisect", "good", "bad", "--repo", f"{stage.kit.folder}/upstream", *_BISECT, *source[2:]],
    }[verb]


class Killed(Deed):
    """A sweep, a comparison or a search is killed after so many processes of the bench program have measured."""

    verb: str
    measured: int = 1

    def strike(self, stage: Stage) -> None:
        tool("whisper-bench -m", sleep=300, silent=True, spare=self.measured, times=1).strike(stage)
        before = _count(stage)
        child = stage.kit.start(*_words(stage, self.verb))
        deadline = time.monotonic() + _WAIT_S
        while _count(stage) - before <= self.measured and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert child.poll() is None, child.communicate()
        child.kill()
        child.communicate()
        subprocess.run(["kill", "-9", *map(str, stage.kit.running())], check=False, capture_output=True)
        stage.kit.break_tools({})
        assert stage.kit.partials()


def _count(stage: Stage) -> int:
    calls = stage.kit.calls("whisper-bench")
    return sum("-m" in call and "no-weights" not in call for call in calls)


class EditSweep(Deed):
    """The file of the sweep is edited: a value at a path of keys is another one."""

    keys: tuple[str | int, ...]
    value: object

    def strike(self, stage: Stage) -> None:
        (path,) = stage.kit.results.glob("*/*/*.sweep.json")
        found = whole = json.loads(path.read_text())
        for key in self.keys[:-1]:
            found = found[key]
        found[self.keys[-1]] = self.value
        path.write_text(json.dumps(whole))


class EditRun(Deed):
    """The record of a part is edited; None for a value removes the whole part, a text without keys renames it."""

    keys: tuple[str, ...] = ()
    value: object = None

    def strike(self, stage: Stage) -> None:
        path = stage.kit.partials()[0]
        if not self.keys:
            path.rename(path.with_name(f"{self.value}.partial")) if self.value else shutil.rmtree(path)
            return
        found = whole = json.loads((path / "run.json").read_text())
        for key in self.keys[:-1]:
            found = found[key]
        found[self.keys[-1]] = self.value
        (path / "run.json").write_text(json.dumps(whole))


class Mode(Deed):
    """Others may write to a file of the sweep; or it is a link to another file."""

    link: bool = False

    def strike(self, stage: Stage) -> None:
        (path,) = stage.kit.results.glob("*/*/*.sweep.json")
        if self.link:
            path.rename(stage.kit.folder / "elsewhere.json")
            path.symlink_to(stage.kit.folder / "elsewhere.json")
        else:
            path.chmod(0o666)


class Whole(Deed):
    """Afterwards every cell of the sweep has a number, and every run of it is its own and is there."""

    def strike(self, stage: Stage) -> None:
        def check() -> str:
            (path,) = stage.kit.results.glob("node-1/*/*.sweep.json")
            sweep = json.loads(path.read_text())
            runs = [path.parent / entry["run"] for entry in sweep["entries"]]
            if not sweep["end"] or not all(run.is_dir() for run in runs):
                return f"a sweep with holes: {sweep['end']!r} {runs}"
            cells = {(run.name, str(result.case)) for run in runs for result in load_run(run).results if result.case}
            own = all(load_run(run).sweep == sweep["id"] for run in runs)
            return "" if own and len(cells) == len(sweep["cells"]) else f"cells without numbers: {cells}"

        stage.checks.append(check)


class Refused(Deed):
    """Afterwards nothing is marked as finished, and nothing lies outside of the results."""

    def strike(self, stage: Stage) -> None:
        before = _list(stage.kit.folder)

        def check() -> str:
            (path,) = stage.kit.results.glob("node-1/*/*.sweep.json")
            new = [
                name for name in _list(stage.kit.folder) - before if not name.startswith(("results", "cache", "tmp"))
            ]
            ended = json.loads(path.read_text()).get("end")
            return f"new: {new}, end: {ended}" if new or ended else ""

        stage.checks.append(check)


class Settled(Deed):
    """Afterwards nothing of the killed command is unfinished, and its numbers are in sealed runs."""

    measured: int

    def strike(self, stage: Stage) -> None:
        names = {path.name.removesuffix(".partial") for path in stage.kit.partials()}

        def check() -> str:
            runs = [load_run(path) for path in stage.kit.bundles() if path.name in names]
            count = sum(len({one.process or one.repetition for one in run.measurements}) for run in runs)
            if stage.kit.partials() or len(runs) != len(names):
                return f"left: {stage.kit.partials()}"
            return "" if bool(count) is bool(self.measured) else f"{count} measured instead of {self.measured}"

        stage.checks.append(check)


def _list(folder: Path) -> set[str]:
    return {str(Path(parent, name).relative_to(folder)) for parent, _, names in os.walk(folder) for name in names}


def _sweep(name: str, what: str, deed: Deed, code: int, *says: str, sample: bool = False) -> Fault:
    return Fault(
        family=Family.PART,
        name=f"sweep-{name}",
        where="a sweep that was killed, as --resume finds it",
        what=what,
        deeds=(Killed(verb="sweep"), deed, Refused() if code else Whole()),
        seen=Seen(codes=(code,), says=says),
        words=("sweep", "--resume"),
        sample=sample,
    )


def _sweeps() -> Iterator[Fault]:
    yield _sweep("untouched", "nothing more", EditSweep(keys=("schema",), value=SCHEMA), 0)
    yield _sweep("schema-older", "an older harness began it", EditSweep(keys=("schema",), value=4), 0)
    yield _sweep("run-removed", "one of its runs is removed", EditRun(), 0, sample=True)
    yield _sweep("run-renamed", "one of its runs has another name", EditRun(value=_ELSEWHERE), 0)
    edited: dict[tuple[str, ...], object] = {
        ("sweep",): "20260101T000000Z-01234567",
        ("id",): _ELSEWHERE,
        ("settings",): [],
        ("node", "name"): "node-2",
        ("suite", "cases"): [],
        ("suite", "seed"): 7,
        ("suite", "repetitions"): 9,
    }
    for path, changed in edited.items():
        name = "-".join(path)
        yield _sweep(f"run-{name}", f"{name} of one of its runs is edited", EditRun(keys=path, value=changed), 0)
    entry: tuple[str | int, ...] = ("entries", 0, "run")
    yield _sweep("names-another", "it names a run that is not there", EditSweep(keys=entry, value=_ELSEWHERE), 0)
    yield _sweep("names-none", "it was killed before it named a run", EditSweep(keys=entry, value=""), 0)
    unnamed, reason = (EditSweep(keys=("entries", 0, key), value=text) for key, text in (("run", ""), ("reason", "no")))
    untouched = _sweep("reason", "it has a reason for a config that can be measured", reason, 0)
    yield untouched.replace(deeds=(Killed(verb="sweep"), unnamed, reason, EditRun(), Whole()))
    yield Fault(
        family=Family.PART,
        name="sweep-ended",
        where="a sweep that was killed, as `show sweep` finds it",
        what="it is marked as finished",
        deeds=(Killed(verb="sweep"), EditSweep(keys=("end",), value="2026-01-01T00:00:00+00:00")),
        seen=Seen(codes=(12,), says=("has no number",)),
        words=("show", "sweep"),
    )
    refused: dict[str, tuple[tuple[str | int, ...], object, str]] = {
        "schema": (("schema",), 99, "has schema 99"),
        "run-path": (entry, f"../../{_ELSEWHERE}", "not the id of a run"),
        "node-path": (("node",), "../../outside", "not the name of a folder"),
        "node-other": (("node",), "node-2", "lies in the folder of 'node-1'"),
        "id": (("id",), "20260101T000000Z-01234567", "its axes and cells do not match its id"),
        "seed": (("seed",), 7, "do not match its settings"),
        "repetitions": (("repetitions",), 9, "do not match its settings"),
        "axes": (("axes", 2, "values"), ["1", "2"], "its axes and cells do not match its id"),
        "cells-none": (("cells",), [], "0 cells"),
        "cell-entry": (("cells", 0, "entry"), -1, "its axes and cells do not match its id"),
        "entry-values": (("entries", 0, "values"), [], "does not fit the axes"),
        "entries-none": (("entries",), [], "does not fit the axes"),
    }
    for name, (keys, value, said) in refused.items():
        deed = EditSweep(keys=keys, value=value)
        yield _sweep(name, f"{name} in its file is edited", deed, 5, said, sample=name == "node-path")
    yield _sweep("open", "others may write to its file", Mode(), 2)
    yield _sweep("link", "its file is a link", Mode(link=True), 2)


def _killed() -> Iterator[Fault]:
    for verb, counts in {"ab": (0, 1, 3), "tune": (0, 2)}.items():
        for measured in counts:
            kept = measured // 2 if verb == "ab" else measured
            for name, words in {"run": ("run", *SHORT), "ab": _AB}.items():
                yield Fault(
                    family=Family.PART,
                    name=f"{verb}-killed-{measured}-then-{name}",
                    where=f"{verb}, and {name} after it",
                    what=f"SIGKILL after {measured} processes",
                    deeds=(Killed(verb=verb, measured=measured), Settled(measured=kept)),
                    # What had measured nothing has failed, and is sealed beside the new run.
                    seen=Seen(codes=(0,)),
                    words=words,
                    sample=(verb, measured, name) == ("ab", 3, "run"),
                )


def _files() -> Iterator[Fault]:
    """Yield what keeps a comparison from having files for its blocks, before the first or after it."""
    for call, nth, error in (("mkdir", 1, errno.EROFS), ("create", 2, errno.ENOSPC), ("create", 3, errno.EDQUOT)):
        yield Fault(
            family=Family.PART,
            name=f"ab-files-{call}-{nth}",
            where=f"{call} number {nth} for the files of a comparison's blocks",
            what=f"{error_name(error)} from there on",
            deeds=failing(call, nth, error, "cache/.block-"),
            seen=refuses(3, "the comparison stopped", os.strerror(error), keeps=("*.partial",)),
            words=_AB,
            sample=nth == 2,
        )


def _shortened() -> Iterator[Fault]:
    for key, value in {"repetitions": 9, "benchmarks": [], "threads": [1, 2], "models": []}.items():
        yield Fault(
            family=Family.PART,
            name=f"run-suite-{key}",
            where="run.json of an interrupted run, as --resume finds it",
            what=f"{key} of its suite is edited",
            deeds=(Begun(), EditRun(keys=("suite", key), value=value)),
            seen=refuses(2, "does not match its settings"),
            words=("run", "--resume"),
        )


FAULTS = (*_sweeps(), *_killed(), *_files(), *_shortened())
