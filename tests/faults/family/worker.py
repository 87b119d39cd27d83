"""The worker refuses, dies, hangs, answers out of order, or says what is no answer."""

from collections.abc import Iterator

from tests.faults.deed import Environment, tool
from tests.faults.fault import FAILED, PASSED, Deed, Family, Fault, Seen, fails
from tests.faults.stage import Stage
from tests.stub import build_stub, write_check

_RUN = ("run", "--no-tests", "--bench", "whisper", "--repetitions", "1", "--engine", "library")
_CHECKED = ("run", "--no-tests", "--bench", "whisper", "--repetitions", "1")
_CHECK = (("HARNESS_CHECK", ""), ("GGML_STUB_SAYS", "whisper_model_load: ftype         = 1"))
_TRIAL = ("ab", "fa=0", "fa=1", "--max-time", "4s", "--timeout", "60")
_REASONS = {
    "refuse": "bad magic",
    "empty": "empty",
    "deaf": "flash",
    "abort": "SIGABRT",
    "fail": "encode",
    "chatty": "",
    "hang": "",
}


class Stub(Deed):
    """Builds leave a libwhisper behind that only spins; with these macros."""

    macros: tuple[str, ...] = ()

    def strike(self, stage: Stage) -> None:
        stage.kit.offer_library(build_stub(stage.workshop / "stubs", *self.macros))


class Reference(Deed):
    """There is a reference of what the stub computes, from which this many bytes are missing."""

    missing: int = 0

    def strike(self, stage: Stage) -> None:
        path = stage.kit.tools / "check.ref"
        write_check(path)
        path.write_bytes(path.read_bytes()[: -self.missing or None])


def _fault(
    name: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...] = _RUN, sample: bool = False
) -> Fault:
    where = "the worker"
    return Fault(
        family=Family.WORKER, name=name, where=where, what=what, deeds=deeds, seen=seen, words=words, sample=sample
    )


def _environment(fault: str, **more: str) -> Environment:
    values = (("GGML_STUB_FAULT", fault), *((f"GGML_STUB_{name}", value) for name, value in more.items()))
    return Environment(values=values)


def _faults() -> Iterator[Fault]:
    yield _fault("well", "nothing: it answers", Stub(), seen=Seen(status=PASSED))
    for fault, says in _REASONS.items():
        words = (*_RUN, "--timeout", "3") if fault == "hang" else _RUN
        seen = fails(12, *filter(None, [says]))
        if fault == "chatty":  # its own standard output is not the library's
            seen = Seen(status=PASSED)
        yield _fault(
            f"run-{fault}",
            f"the library goes wrong: {fault}",
            Stub(),
            _environment(fault),
            seen=seen,
            words=words,
            sample=fault == "abort",
        )
        for spare in ("0", "2"):  # a block has three encodes: one to warm up, two pairs
            if fault in ("refuse", "empty", "deaf") and spare != "0":
                continue
            yield _fault(
                f"trial-{fault}-{spare}",
                f"the library of one side goes wrong after {spare} encodes: {fault}",
                Stub(),
                _environment(fault, FA="1", SPARE=spare),
                seen=Seen(codes=(0, 4, 12, 20), status=FAILED if fault not in ("chatty",) else PASSED),
                words=_TRIAL if fault != "hang" else (*_TRIAL[:-1], "2"),
            )
    macros = ("WITHOUT_ENCODE",)
    yield _fault("no-symbol", "the library lacks a function", Stub(macros=macros), seen=fails(12, "encode"))
    yield _fault(
        "odd-defaults", "the library's defaults are unlike any release's", Stub(macros=("NO_TOP=0",)), seen=fails(12)
    )


def _checks() -> Iterator[Fault]:
    """Yield what goes wrong while the result of a build is checked; its speed is measured by the bench program."""
    for fault, says in {
        "wrong": "wrong result",
        "unreal": "not numbers",
        "abort": "SIGABRT",
        "hang": "timed out",
    }.items():
        yield _fault(
            f"check-{fault}",
            f"the library goes wrong while its result is checked: {fault}",
            Stub(),
            Reference(),
            _environment(fault).replace(values=(*_environment(fault).values, *_CHECK)),
            seen=fails(12, says),
            words=(*_CHECKED, "--timeout", "3") if fault == "hang" else _CHECKED,
        )
    unchecked = Seen(status=PASSED, caveat="not-checked")
    on = Environment(values=_CHECK)
    refused = on.replace(values=(*_CHECK, ("GGML_STUB_FAULT", "refuse")))
    broken = tool("reference", exit=3, silent=True, print="reference: it is damaged")
    deeds: dict[str, tuple[str, tuple[Deed, ...]]] = {
        "refuse": ("the library refuses the weights", (Stub(), Reference(), refused)),
        "no-reference": ("there is nothing to compare with", (Stub(), on, broken)),
        "cut-reference": ("what is compared with is cut off", (Stub(), Reference(missing=7), on)),
        "no-library": ("there is no library to ask", (Reference(), on)),
    }
    for name, (what, done) in deeds.items():
        yield _fault(f"check-{name}", f"{what} while a result is checked", *done, seen=unchecked, words=_CHECKED)


FAULTS = (*_faults(), *_checks())
