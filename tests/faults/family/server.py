"""whisper-server under load: it dies, hangs, refuses, answers with something else, or never listens."""

import json
from collections.abc import Iterator

from tests.faults.deed import Write
from tests.faults.family.change import Recording
from tests.faults.fault import FINE, Deed, Family, Fault, Seen, fails
from tests.faults.stage import Stage

_WEIGHTS = "ggml-tiny.bin"
_WORDS = (
    *("run", "--no-tests", "--bench", "server", "--clients", "2", "--repetitions", "1", "--audio", "@/mine.wav"),
    *("--weights", f"@/{_WEIGHTS}", "--timeout", "10s"),
)


class RealWeights(Deed):
    """There are weights that nobody can tell from real ones."""

    def strike(self, stage: Stage) -> None:
        data = bytearray(stage.kit.weights.read_bytes())
        data[-1] ^= 1
        (stage.kit.folder / _WEIGHTS).write_bytes(data)


def _fault(name: str, what: str, seen: Seen, *, sample: bool = False, **faults: object) -> Fault:
    script = Write(path="tools/server.json", text=json.dumps(faults))
    return Fault(
        family=Family.SERVER,
        name=name,
        where="whisper-server",
        what=what,
        deeds=(Recording(), RealWeights(), script),
        seen=seen,
        words=_WORDS,
        sample=sample,
    )


def _ends() -> Iterator[Fault]:
    for number, name in ((4, "ILL"), (6, "ABRT"), (9, "KILL"), (11, "SEGV"), (15, "TERM")):
        says = f"the server ended by itself after 4 of 8 requests (killed by SIG{name}"
        yield _fault(
            f"dies-of-{name.lower()}",
            f"it is killed by SIG{name} under load",
            fails(12, says),
            sample=name == "KILL",
            spare=5,
            die=number,
        )
    yield _fault(
        "dies-at-once",
        "it is killed by the first request",
        fails(12, "the first request failed: the connection broke"),
        die=11,
    )
    yield _fault(
        "never-starts",
        "it ends with a complaint before it listens",
        fails(12, "the server ended before it was ready (exit code 3); no such model"),
        print="error: no such model",
        exit=3,
    )


def _silence() -> Iterator[Fault]:
    yield _fault("never-listens", "it never listens", fails(12, "the server was not ready in time"), never=True)
    yield _fault("hangs", "it hangs under load", fails(12, "in time"), sample=True, spare=4, hang=True)
    yield _fault("hangs-at-once", "it hangs at the first request", fails(12, "the first request failed"), hang=True)
    yield _fault("is-deaf", "it hangs, and ignores signals", fails(12, "in time"), spare=4, hang=True, deaf=True)


def _answers() -> Iterator[Fault]:
    for name, what, says, fault in (
        ("status-500", "it answers 500", "HTTP 500", {"status": 500}),
        ("status-404", "it answers 404", "HTTP 404", {"status": 404}),
        ("garbage", "it answers with what is no JSON", "the answer is not JSON", {"body": "\N{PILE OF POO}{"}),
        ("page", "it answers with a page", "text/html instead of", {"type": "text/html"}),
        ("no-text", "it answers without a text", "the answer has no text", {"body": '{"error": "no"}'}),
        ("empty-text", "it answers with an empty text", "the text is empty", {"body": '{"text": "\\n"}'}),
        ("drops", "it closes the connection", "the connection broke", {"drop": True}),
    ):
        yield _fault(name, what, fails(12, f"3 of 8 requests failed: {says}"), spare=2, times=3, **fault)


FAULTS = (
    *_ends(),
    *_silence(),
    *_answers(),
    _fault("port-is-taken", "somebody else takes its port, twice", FINE, taken=2),
    _fault("starts-late", "it listens only after a while", FINE, late_s=0.5),
    _fault("is-old", "it has no page about its health", FINE, old=True),
)
