"""Whether what is seen is what must be seen: nothing lies, and nothing that was finished is lost."""

from collections.abc import Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.records.exit_code import ExitCode
from harness.records.outcome import Status, StepResult
from harness.records.run import Run
from harness.store.bundle import load_run
from tests.faults.fault import Deviation, Fault, Kind, Look, Seen
from tests.faults.stage import SHORT, Done, Stage

_TRACES = ("Traceback", "Exception ignored")
COMPLAINT = "harness: "
_COMPLAINTS = range(1, 6)
# With other codes the harness itself has failed, or was stopped.
_OF_RESULTS = (
    ExitCode.OK,
    ExitCode.BUILD_FAILED,
    ExitCode.TESTS_FAILED,
    ExitCode.BENCHMARK_FAILED,
    ExitCode.REGRESSION,
    ExitCode.INCONCLUSIVE,
)


def play(fault: Fault, stage: Stage) -> list[Deviation]:
    """Return how the harness took a fault."""
    try:
        for deed in fault.deeds:
            deed.strike(stage)
        looks = [deed for deed in fault.deeds if isinstance(deed, Look)]
        if looks:
            found = [deviation for look in looks for deviation in look.look(stage)]
            return [*found, *_afterwards(fault.seen, stage, Done(code=0, stdout="", stderr=""), fault.words)]
        done = stage.call(fault.words)
        return [*_judge(fault.seen, stage, done, fault.words), *_afterwards(fault.seen, stage, done, fault.words)]
    finally:
        stage.mend()
        stage.end_processes()
        stage.close()


def _judge(seen: Seen, stage: Stage, done: Done, words: tuple[str, ...]) -> Iterator[Deviation]:
    yield from judge_words(done)
    if stage.must_strike and not stage.struck:
        yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
    runs = load(stage.sealed())
    if done.code not in seen.codes:
        kind = Kind.GREEN if done.code == 0 else Kind.WRONG
        yield Deviation(kind=kind, what=f"exit code {done.code} instead of {seen.codes}: {done.text.strip()[-600:]}")
    if done.code in _COMPLAINTS and COMPLAINT not in done.stderr and not seen.mute:
        yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} without a sentence")
    told = "\n".join([done.text, *(tell(path) for path in stage.sealed())])
    missing = [word for word in seen.says if word not in told] if done.code else []
    if missing:
        yield Deviation(kind=Kind.WRONG, what=f"it does not say {missing}: {done.text.strip()[-600:]}")
    if wrong := [word for word in seen.denies if word in told]:
        yield Deviation(kind=Kind.WRONG, what=f"it says {wrong}: {done.text.strip()[-600:]}")
    if words[0] in ("run", "ab"):
        yield from _judge_runs(seen, stage, done, runs)


def _judge_runs(seen: Seen, stage: Stage, done: Done, runs: list[Run]) -> Iterator[Deviation]:
    measured = done.code in _OF_RESULTS
    if measured and not runs:
        kind = Kind.GREEN if done.code == 0 else Kind.LOST
        yield Deviation(kind=kind, what=f"exit code {done.code}, and no sealed run")
    if seen.status and any(run.status is not seen.status for run in runs) and done.code in seen.codes:
        yield Deviation(kind=Kind.WRONG, what=f"status {[run.status for run in runs]} instead of {seen.status}")
    for run in runs:
        yield from judge_truth(run, stage, done.code)
        if seen.caveat and seen.caveat not in {caveat.code for caveat in run.caveats}:
            yield Deviation(kind=Kind.GREEN, what=f"no caveat {seen.caveat}")


def judge_words(done: Done) -> Iterator[Deviation]:
    """Yield a traceback that a person would see."""
    # A tool's own traceback may be quoted as the cause.
    if any(sign in done.text for sign in _TRACES) and ("Traceback" not in done.stderr or _is_ours(done.text)):
        yield Deviation(kind=Kind.TRACEBACK, what=done.text.strip()[-1200:])


def _is_ours(text: str) -> bool:
    return "/harness/cli/main.py" in text or "runpy" in text or "tools/fake.py" not in text


def judge_truth(run: Run, stage: Stage, code: int) -> Iterator[Deviation]:
    """Yield where a run says that something passed, and tells other numbers or tests than there were."""
    # Parts of something larger are not what the exit code is of: a command may finish what another one left.
    ours = run.origin == "harness" and run.trial is None and not run.sweep
    if ours and code in _OF_RESULTS and run.exit_code != code:
        yield Deviation(kind=Kind.GREEN, what=f"exit code {code}, but the run says {run.exit_code}")
    for result in run.results if ours and run.suite.engine == "bench" else ():
        known = stage.template.known.get(result.step)
        if result.status is Status.PASSED and known and _numbers(result) != _numbers(known):
            yield Deviation(kind=Kind.GREEN, what=f"{result.step} passed with {_numbers(result)[:3]}")
    text = tell(next((path for path in stage.sealed() if path.name == run.id), Path()))
    if ours and text and ("SUCCESS" in text) != (run.exit_code == ExitCode.OK):
        yield Deviation(kind=Kind.GREEN, what="the report says SUCCESS, the run does not")


def _numbers(result: StepResult) -> list[tuple[str, str]]:
    numbers = [(f"{one.case} {one.metric}", repr(one.value)) for one in result.measurements]
    return numbers + [(check.name, check.status.value) for check in result.checks]


def _afterwards(seen: Seen, stage: Stage, done: Done, words: tuple[str, ...]) -> Iterator[Deviation]:
    if done.code >= 0:  # nobody tidies up who was killed
        yield from (Deviation(kind=Kind.PROCESS, what=line) for line in stage.wait_for_processes())
    if seen.mends:
        yield from judge_mended(stage, words)
    yield from (Deviation(kind=Kind.WRONG, what=what) for check in stage.checks if (what := check()))
    if not stage.is_witness_whole():
        yield Deviation(kind=Kind.LOST, what="the run that was finished before has changed")
    yield from (Deviation(kind=Kind.FILE, what=path) for path in stage.litter(seen.keeps))


def judge_mended(stage: Stage, words: tuple[str, ...] = ("run", *SHORT)) -> Iterator[Deviation]:
    """Remove the cause, go on, and yield what was lost or is not well then."""
    stage.mend()
    finished = [result for path in stage.begun() for result in load_run(path).results if not result.status.bad]
    before = len(stage.sealed())
    if stage.begun():
        done = stage.call(("run", "--resume"))
    elif before:
        return
    else:
        done = stage.call(words)
    yield from judge_words(done)
    # What failed before, as a fault of what is measured, stays failed.
    failed = [result for path in stage.sealed() for result in load_run(path).results if result.status.bad]
    if done.code != 0 and not (failed and done.code in _OF_RESULTS):
        yield Deviation(kind=Kind.LOST, what=f"cannot be gone on with: {done.code}: {done.text.strip()[-600:]}")
        return
    runs = load(stage.sealed())
    if len(runs) != before + 1 or stage.begun():
        yield Deviation(kind=Kind.LOST, what=f"{len(runs)} sealed, {len(stage.begun())} still unfinished")
    if runs and words[0] == "run":
        yield from judge_truth(runs[-1], stage, done.code)
        kept = [result for result in finished if result.measurements and result not in runs[-1].results]
        if kept:
            yield Deviation(kind=Kind.LOST, what=f"measured before and not in the run: {[one.step for one in kept]}")
        steps = {result.step for result in runs[-1].results}
        wanted = {result.step for result in stage.template.runs[SHORT].results}
        if words[1:] == SHORT and steps != wanted:
            yield Deviation(kind=Kind.GREEN, what=f"the run has the steps {steps}")
    yield from (Deviation(kind=Kind.PROCESS, what=line) for line in stage.wait_for_processes())


def load(paths: list[Path]) -> list[Run]:
    """Return the runs; one that cannot be read is a defect of the harness, not an input."""
    try:
        return [load_run(path) for path in paths]
    except HarnessError as error:
        raise AssertionError(f"a sealed run cannot be read: {error}") from error


def tell(path: Path) -> str:
    """Return a bundle's report and the reasons in its record."""
    report = path / "README.md"
    if not report.is_file():
        return ""
    reasons = [result.reason for result in load_run(path).results]
    return "\n".join([report.read_text(encoding="utf-8", errors="replace"), *reasons])
