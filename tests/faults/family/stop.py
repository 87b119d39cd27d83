"""The harness, what it measures or both are stopped for a while, or the whole machine is suspended."""

import json
from collections.abc import Iterator
from typing import Any

from harness.store.bundle import load_run
from tests.faults.deed import Environment
from tests.faults.family.worker import Stub
from tests.faults.fault import PASSED, Deed, Family, Fault, Seen
from tests.faults.shim import Shimmed
from tests.faults.stage import FULL, SHORT, Stage

_WHOM = {"both": "harness child", "child": "child", "harness": "harness"}
_AGAIN = Seen(status=PASSED, caveat="retried")
_MARKED = Seen(status=PASSED, caveat="stood-still")
_HALT_S = 0.9
_RUN = ("run", *SHORT)
_BENCH = ("ab", "fa=0", "fa=1", "--engine", "bench", "--max-time", "4s")
_WORKERS = ("ab", "fa=0", "fa=1", "--max-time", "3s", "--timeout", "60")
_SETTINGS = ("--source", "@/whisper.cpp", "--weights", "@W", "--model", "tiny", "--threads", "2", "--engine", "bench")
_SWEEP = ("sweep", "--flash-attn", "0,1", *_SETTINGS)
_TUNE = ("tune", "--over", "fa", "--budget", "12s", "--no-write", *_SETTINGS)
_CALIBRATE = ("calibrate", "--max-time", "4s", "--metric", "encode", *_SETTINGS)
_ROOFLINE = ("roofline", "--threads", "2")


class Strike(Deed):
    """A fake tool does something in some of its calls; it is a deviation if it never does, or nothing is set aside."""

    key: str
    what: tuple[tuple[str, Any], ...]
    times: int = 1
    aside: bool = False
    slept: bool = False

    def strike(self, stage: Stage) -> None:
        what: dict[str, Any] = {**dict(self.what), "times": self.times}
        if self.slept:
            what["touch"] = str(stage.kit.folder / "slept")
        stage.kit.break_tools({self.key: what})
        stage.checks.append(lambda: self._check(stage))

    def _check(self, stage: Stage) -> str:
        left = json.loads((stage.kit.tools / "script.json").read_text()).get(self.key, {}).get("times")
        if left == self.times:
            return "the fault did not strike"
        runs = [load_run(path) for path in stage.sealed()]
        if self.aside and not any(one.stood_still for run in runs for one in run.discarded):
            return "what stood still was not set aside"
        return ""


class Once(Deed):
    """The fault of the stub strikes once."""

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / "once"
        path.touch()
        stage.checks.append(lambda: "the fault did not strike" if path.exists() else "")


def _fault(
    name: str, where: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...] = _RUN, sample: bool = False
) -> Fault:
    return Fault(
        family=Family.STOP, name=name, where=where, what=what, deeds=deeds, seen=seen, words=words, sample=sample
    )


def _halt(key: str, whom: str, *, times: int = 1, spare: int = 0, aside: bool = False, halt_s: float = _HALT_S) -> Deed:
    what = (("halt", _WHOM[whom]), ("halt_s", halt_s), ("sleep", 0.3), ("spare", spare))
    return Strike(key=key, what=what, times=times, aside=aside)


def _in_runs() -> Iterator[Fault]:
    for whom, named in _WHOM.items():
        yield _fault(
            f"run-{whom}",
            "a benchmark",
            f"stopped for a moment: {named}",
            _halt("whisper-bench -m", whom, aside=True),
            seen=_AGAIN,
            sample=whom == "both",
        )
        yield _fault(
            f"run-{whom}-twice",
            "a benchmark",
            f"stopped twice in a row: {named}",
            _halt("whisper-bench -m", whom, times=2),
            seen=_AGAIN,
        )
        yield _fault(
            f"run-{whom}-always",
            "a benchmark",
            f"stopped again whenever it is measured again: {named}",
            _halt("whisper-bench -m", whom, times=9),
            seen=_MARKED,
        )
        yield _fault(
            f"run-{whom}-no-retries",
            "a benchmark",
            f"stopped, and nothing may be measured again: {named}",
            _halt("whisper-bench -m", whom),
            seen=_MARKED,
            words=(*_RUN, "--retries", "0"),
        )
        yield _fault(
            f"build-{whom}",
            "the build",
            f"stopped for a moment, which harms no number: {named}",
            _halt("cmake --build Release", whom),
            seen=Seen(status=PASSED),
        )
        for benchmark, number in (("memcpy", 1), ("mul_mat", 2)):
            yield _fault(
                f"{benchmark}-{whom}",
                benchmark,
                f"stopped for a moment: {named}",
                _halt(f"whisper-bench -w {number}", whom),
                seen=_AGAIN,
                words=("run", *FULL),
            )
    yield _fault(
        "longer-than-the-time-out",
        "a benchmark",
        "the harness is stopped for longer than the benchmark may take",
        _halt("whisper-bench -m", "harness", halt_s=3.2, aside=True),
        seen=_AGAIN,
        words=(*_RUN, "--timeout", "2"),
    )


def _elsewhere() -> Iterator[Fault]:
    for whom, named in _WHOM.items():
        yield _fault(
            f"ab-{whom}",
            "a block of two processes",
            f"stopped for a moment: {named}",
            _halt("whisper-bench -m", whom, spare=1),
            seen=_AGAIN,
            words=_BENCH,
        )
        yield _fault(
            f"sweep-{whom}",
            "a cell of a sweep",
            f"stopped for a moment: {named}",
            _halt("whisper-bench -m", whom, spare=1, aside=True),
            seen=Seen(),
            words=_SWEEP,
        )
        yield _fault(
            f"calibrate-{whom}",
            "a block of two processes",
            f"stopped for a moment: {named}",
            _halt("whisper-bench -m", whom, spare=1),
            seen=Seen(codes=(0, 21)),
            words=_CALIBRATE,
        )
        yield _fault(
            f"roof-{whom}",
            "the roofline",
            f"stopped for a moment: {named}",
            _halt("roof", whom),
            seen=Seen(),
            words=_ROOFLINE,
        )
    yield _fault(
        "tune-both",
        "a candidate",
        f"stopped for a moment: {_WHOM['both']}",
        _halt("whisper-bench -m", "both", spare=1, aside=True),
        seen=Seen(),
        words=_TUNE,
    )
    for ms, whom in (("30", "the worker, for 30 ms"), ("700", "the worker"), ("-900", "the worker and the harness")):
        for spare, where in (("1", "a timed call"), ("0", "the warm-up")):
            values = {"FAULT": "halt", "HALT": ms, "SPARE": spare, "FA": "1", "ONCE": "@/once"}
            yield _fault(
                f"worker{ms}-{spare}",
                where,
                f"stopped for a moment: {whom}",
                Stub(),
                Environment(values=tuple((f"GGML_STUB_{name}", value) for name, value in values.items())),
                Once(),
                seen=_AGAIN if spare == "1" else Seen(status=PASSED),
                words=_WORKERS,
            )


def _asleep() -> Iterator[Fault]:
    commands = (("run", "whisper-bench -m", _AGAIN, _RUN), ("ab", "whisper-bench -m", _AGAIN, _BENCH))
    for name, key, seen, words in (*commands, ("build", "cmake --build Release", Seen(status=PASSED), _RUN)):
        yield _fault(
            f"suspended-{name}",
            key,
            "the machine is suspended for an hour meanwhile",
            Strike(key=key, what=(("silent", False),), slept=True),
            Shimmed(slept="slept"),
            seen=seen,
            words=words,
            sample=name == "run",
        )


FAULTS = (*_in_runs(), *_elsewhere(), *_asleep())
