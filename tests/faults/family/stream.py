"""Standard streams that are closed, full, for reading only, slow, or whose reader has gone away, as a terminal does."""

import os
import signal
from collections.abc import Iterator

from tests.faults.deed import Environment, Prelude, Signalled, Write, tool
from tests.faults.fault import FINE, PASSED, Deed, Family, Fault, Seen
from tests.faults.stage import SHORT, Stage
from tests.stream import CLOSED, FULL, GONE, HUNG, REFUSING, SLOW, STATES, arrange

_STREAMS = {"input": (0,), "output": (1,), "error": (2,), "both": (1, 2), "all": (0, 1, 2)}
_VERBS: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "help": ("compare", "--help"),
    "list": ("list",),
    "show": ("show", "latest"),
    "report": ("report", "latest", "--format", "csv"),
    "compare": ("compare", "latest", "latest"),
    "schema": ("schema",),
    "cache": ("cache",),
    "dry-run": ("build", "--source", "@/whisper.cpp", "--dry-run"),
}


class Sealed(Deed):
    """What was measured must be there in the end, whatever the exit code is."""

    def strike(self, stage: Stage) -> None:
        stage.checks.append(lambda: "" if len(stage.sealed()) == 1 else "what was measured is not sealed")


class Pipe(Deed):
    """A pipe that nobody reads."""

    path: str

    def strike(self, stage: Stage) -> None:
        os.mkfifo(stage.kit.folder / self.path)


def _fault(name: str, what: str, *deeds: Deed, seen: Seen, **more: object) -> Fault:
    return Fault(
        family=Family.STREAM, name=name, where="the standard streams", what=what, deeds=deeds, seen=seen
    ).replace(**more)


def _seen(state: str, numbers: tuple[int, ...], *, sealed: bool) -> Seen:
    """Return what must be seen: an answer that cannot be printed is 3, and said where there is somebody to hear it."""
    lost = state in REFUSING and 1 in numbers
    says = ("to standard output",) if lost and 2 not in numbers else ()
    return Seen(codes=(3 if lost else 0,), says=says, status=PASSED if sealed else None, mute=2 in numbers)


def _runs() -> Iterator[Fault]:
    for state, statement in STATES.items():
        for name, numbers in _STREAMS.items():
            yield _fault(
                f"run-{name}-{state}",
                f"{name}: {state}, while a run measures",
                Prelude(statements=arrange(statement, *numbers)),
                Sealed(),
                seen=_seen(state, numbers, sealed=True),
                words=("run", *SHORT, *(("--json",) if name == "output" else ())),
                sample=(name, state) == ("all", "closed"),
            )
    yield _fault(
        "run-slow",
        "both outputs are non-blocking pipes that are read slowly",
        Prelude(statements=arrange(SLOW, 1, 2)),
        Sealed(),
        seen=FINE,
        words=("run", *SHORT, "--json", "--verbose"),
    )
    yield _fault(
        "run-gone-in-the-middle",
        "the reader of both outputs goes away while the benchmark runs",
        tool("whisper-bench -m", sleep=0.5),
        Prelude(statements=_GOING),
        Sealed(),
        seen=FINE.replace(mute=True),
    )
    yield _fault(
        "run-hangup-ignored",
        "SIGHUP, which nohup has ignored",
        tool("whisper-bench -m", sleep=1.0),
        Prelude(statements="import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"),
        Signalled(number=signal.SIGHUP, word="-nfa"),
        Sealed(),
        seen=FINE,
    )


# A reader that takes the first bytes and ends.
_GOING = """
import signal
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
r, w = os.pipe()
if os.fork():
    os.close(r); os.dup2(w, 1); os.dup2(w, 2); os.close(w)
else:
    os.close(w); os.read(r, 100); os._exit(0)
"""


def _verbs() -> Iterator[Fault]:
    for verb, words in _VERBS.items():
        for state, statement, name in (
            ("closed", CLOSED, "output"),
            ("closed", CLOSED, "error"),
            ("closed", CLOSED, "all"),
            ("full", FULL, "output"),
            ("gone", GONE, "both"),
            ("hung-up", HUNG, "all"),
        ):
            yield _fault(
                f"{verb}-{name}-{state}",
                f"{name}: {state}",
                Prelude(statements=arrange(statement, *_STREAMS[name])),
                seen=_seen(state, _STREAMS[name], sealed=False),
                words=words,
            )


def _summaries() -> Iterator[Fault]:
    for name, value, deeds in (
        ("pipe", "@/summary", (Pipe(path="summary"),)),
        ("folder", "@/summary", (Write(path="summary/"),)),
        ("missing", "@/nowhere/summary", ()),
        ("full", "/dev/full", ()),
        ("slow", "/dev/stderr", (Prelude(statements=arrange(SLOW, 2)),)),
    ):
        yield _fault(
            f"summary-{name}",
            f"the summary of the job is {value}",
            *deeds,
            Environment(values=(("GITHUB_STEP_SUMMARY", value),)),
            Sealed(),
            seen=FINE,
        )


FAULTS = (*_runs(), *_verbs(), *_summaries())
