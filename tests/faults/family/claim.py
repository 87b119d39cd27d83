"""What a log claims is taken back by another line of it, and everything else goes well: exit code 0, good numbers."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from harness.records.plan import Phase
from harness.records.run import Run
from harness.render.config_column import config_words
from tests.failure import FAILURES, Failure
from tests.faults.deed import Data, Environment, Write, tool
from tests.faults.family.output import timings
from tests.faults.family.worker import Stub
from tests.faults.fault import PASSED, Deed, Family, Fault, Seen, fails
from tests.faults.judge import load
from tests.faults.stage import FULL, SHORT, Stage

_BENCH = "whisper-bench -m"
_WORKER = ("run", *SHORT, "--engine", "library")
_REPORTS = Path(__file__).parents[2] / "data" / "reports"
_NODE = "whisper.cpp/7f/e4979f25ea1b2e0696a11007c9d46e168d18b3/node-mac"
_INFO = "system_info: n_threads = {} / 8 | WHISPER : COREML = 0 | Metal : EMBED_LIBRARY = 1 | CPU : NEON = 1 | "
_TRIAL = ("ab", "fa=0", "fa=1", "--max-time", "4s", "--timeout", "60")
# Where ggml's own trees read the option of a backend that they do not declare.
_ADDED = Write(path="whisper.cpp/ggml/src/CMakeLists.txt", text="ggml_add_backend(CANN)\nggml_add_backend(Kompute)\n")
_BY_NAME = {one.name: one for one in FAILURES}
_CUDA = _BY_NAME["CUDA0-at-start"]
_CORE_ML = "whisper_init_state: {} Core ML model from 'ggml-tiny-encoder.mlmodelc'"


class Folder(Deed):
    """A folder of ggml-ci with files beside its report; `wrong` says what is wrong with the run that it becomes."""

    files: tuple[tuple[str, str], ...]
    wrong: Callable[[Run], str]
    edit: tuple[str, str] = ("", "")

    def strike(self, stage: Stage) -> None:
        folder = stage.kit.folder / "tree" / _NODE
        folder.mkdir(parents=True)
        report = (_REPORTS / "e0f3c9d4__ggml-4-x86-cuda-v100.md").read_text(encoding="utf-8")
        (folder / "README.md").write_text(report.replace(*self.edit) if self.edit[0] else report, encoding="utf-8")
        for name, text in self.files:
            (folder / name).write_text(text)
        stage.checks.append(lambda: "; ".join(self.wrong(run) for run in load(stage.sealed())) or _nothing(stage))


def _nothing(stage: Stage) -> str:
    return "" if stage.sealed() else "nothing was imported"


def _fault(name: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...], sample: bool = False) -> Fault:
    return Fault(
        family=Family.CLAIM,
        name=name,
        where="a log whose process ends well",
        what=what,
        deeds=deeds,
        seen=seen,
        words=words,
        sample=sample,
    )


def _backends() -> Iterator[Fault]:
    for failure in FAILURES:
        name, what = failure.name, f"{failure.subjects[0]} is named, then: {failure.contradictions[-1]}"
        asked = ("--backend", failure.asked) if failure.asked else ()
        seen = fails(12, f"{failure.asked} was asked for, but CPU") if asked else _TOLD
        says = tool(_BENCH, print=failure.text)
        words = ("run", *SHORT, *asked)
        yield _fault(f"run-{name}", what, _ADDED, says, seen=seen, words=words, sample=failure is _CUDA)
        for variable in ("SAYS", "LATER"):
            lines = {"SAYS": failure.text} if variable == "SAYS" else _late(failure)
            environment = Environment(values=tuple((f"GGML_STUB_{key}", text) for key, text in lines.items()))
            seen = fails(12, f"{failure.asked} was asked for, but CPU") if asked else _TOLD
            yield _fault(
                f"worker-{variable.lower()}-{name}",
                what,
                _ADDED,
                Stub(),
                environment,
                seen=seen,
                words=(*_WORKER, *asked),
            )
        yield _fault(
            f"import-{name}",
            what,
            Folder(files=(_log("\n".join([failure.text, _INFO.format(4)])),), wrong=partial(_shown, failure)),
            seen=Seen(),
            words=("import", "@/tree"),
            sample=name == "Metal-beside-BLAS",
        )
    for engine, deeds in (("bench", ()), ("library", (Stub(), Environment(values=(("GGML_STUB_SAYS", _CUDA.text),))))):
        yield _fault(
            f"ab-{engine}",
            "CUDA0 is named by both sides and does not start",
            *deeds,
            tool(_BENCH, print=_CUDA.text),
            seen=Seen(codes=(4, 12), says=("cuda was asked for, but CPU ran",)),
            words=(*_TRIAL, "--engine", engine, "--backend", "cuda"),
        )


_TOLD = Seen(status=PASSED, caveat="backend-failed")


def _late(failure: Failure) -> dict[str, str]:
    """Return the claims as they come while weights are loaded, and what takes them back in every encode."""
    claims = [line for line in failure.lines if line not in failure.contradictions]
    return {"SAYS": "\n".join(claims), "LATER": "\n".join(failure.contradictions)}


def _log(text: str, threads: int = 4) -> tuple[str, str]:
    body = timings().partition("\n")[2]
    head = "" if "system_info" in text else _INFO.format(threads)
    return "bench-bench-base.log", f"{text}\n{head}\n{body}\n"


def _shown(failure: Failure, run: Run) -> str:
    words = config_words(run.system_info)
    if words != ("NEON", *failure.words):
        return f"its config shows {words}"
    told = [caveat.message for caveat in run.caveats if caveat.code == "backend-failed"]
    subject = failure.subjects[0]
    return "" if any(subject in one and failure.contradictions[-1] in one for one in told) else f"it says {told}"


def _others() -> Iterator[Fault]:
    good = timings()
    for name, what, text, says in (
        (
            "flash-attention",
            "a second context has flash attention",
            "flash attn = 0\n...: flash attn = 1",
            "flash attent",
        ),
        ("threads", "a second context has another number of threads", good.replace("= 2 / 2", "= 1 / 2"), "1 threads"),
        ("fewer-threads", "ggml got fewer", "cplan requested more threads (2) than available (1)", "did not get"),
        ("weights", "the weights are of another size", "whisper_model_load: type  = 2 (base)", "the size of base"),
        ("empty-weights", "the weights are empty", "whisper_model_load: assuming empty model", "empty"),
    ):
        printed = text if name == "threads" else f"{good}\n{text}"
        deed = tool(_BENCH, silent=True, print=printed)
        yield _fault(name, what, deed, seen=fails(12, says), words=("run", *SHORT), sample=name == "threads")
    for name, line in (("failed", _CORE_ML.format("failed to load")), ("silent", "whisper_init_state: kv self size")):
        text = f"{_CORE_ML.format('loading')}\n{line}"
        yield _fault(
            f"core-ml-{name}",
            f"an encoder is being loaded, then: {line}",
            tool(_BENCH, print=text),
            seen=fails(12, "coreml was asked for, but"),
            words=("run", *SHORT, "--backend", "coreml"),
        )
    junit = '<?xml version="1.0"?><testsuite failures="{}" errors="0"><testcase name="a" status="run"/></testsuite>'
    yield _fault(
        "tests",
        "every test of the suite passed, and it counts one that failed",
        Data(name="junit.xml", text=junit.format(1)),
        seen=fails(11, "failed: ctest"),
        words=("run", *FULL),
    )


def _imported() -> Iterator[Fault]:
    unused = (
        "+ cmake -DGGML_LTOO=ON -DGGML_CUDA=1 ..\n-- Generating done\nCMake Warning:\n  Manually-specified variables "
        "were not used by the project:\n\n    GGML_LTOO\n\n\n"
    )
    passed = "1/1 Test #1: test-tokenizer ...   Passed    0.33 sec\n\n100% tests passed, 0 tests failed out of 1"
    for name, what, deed in (
        (
            "flash-attention",
            "the name of a log says flash attention, the log does not",
            Folder(files=(("bench-bench-base-t4-fa1-r1.log", f"{_log('x: flash attn = 0')[1]}"),), wrong=_counts),
        ),
        (
            "threads",
            "the name of a log says two threads, the log four",
            Folder(files=(("bench-bench-base-t2-fa0-r1.log", _log("")[1]),), wrong=_counts),
        ),
        (
            "weights",
            "the name of a log says base, the log tiny",
            Folder(files=(_log("whisper_model_load: type  = 1 (tiny)"),), wrong=_counts),
        ),
        (
            "options",
            "CMake was given an option and did not use it",
            Folder(files=(("ctest_release-cmake.log", unused),), wrong=_options),
        ),
        (
            "tests",
            "all tests passed, and the summary counts one that failed",
            Folder(files=(), wrong=_tested, edit=("No tests were found!!!", passed.replace(" 0 tests", " 1 tests"))),
        ),
    ):
        yield _fault(f"import-{name}", what, deed, seen=Seen(), words=("import", "@/tree"), sample=name == "tests")


def _counts(run: Run) -> str:
    found = [result for result in run.results if result.log.startswith("bench-bench") and result.measurements]
    return f"{found[0].log} counts" if found else ""


def _options(run: Run) -> str:
    values = [setting.value for setting in run.settings if setting.name == "cmake_options"]
    said = {caveat.code for caveat in run.caveats}
    return "" if values == ["-DGGML_CUDA=1"] and "option-ignored" in said else f"options {values}, caveats {said}"


def _tested(run: Run) -> str:
    tests = [result for result in run.results if result.phase is Phase.TEST]
    return "" if any(result.status.bad for result in tests) else f"tests: {[result.status for result in tests]}"


FAULTS = (*_backends(), *_others(), *_imported())
