"""What a reader of a run must know, derived from the run itself."""

from collections.abc import Iterator

from harness.plan.isa import compare_features
from harness.records.caveat import Caveat
from harness.records.outcome import Status
from harness.records.run import Run
from harness.records.step import Phase


def derive_caveats(run: Run) -> tuple[Caveat, ...]:
    """Return the caveats that follow from what was measured and how it went, in the order of their weight."""
    return (*_about_source(run), *_about_tests(run), *_about_binary(run), *_about_gaps(run))


def _about_source(run: Run) -> Iterator[Caveat]:
    commit = run.source.commit
    if commit.dirty:
        of = f"commit {commit.sha[:8]} plus uncommitted changes" if commit.sha else "a tree without git"
        yield Caveat(code="dirty", message=f"measured {of} ({commit.changes[:12]})")


def _about_tests(run: Run) -> Iterator[Caveat]:
    tests = [result for result in run.results if result.phase is Phase.TEST]
    if not tests:
        yield Caveat(code="no-tests", message="whisper.cpp's tests were not run (--no-tests)")
    for result in tests:
        if result.status is Status.SKIPPED:
            yield Caveat(code="no-tests", message=f"{result.step} ran no test: {result.reason}")


def _about_binary(run: Run) -> Iterator[Caveat]:
    if run.system_info is None:
        return
    yield from compare_features(run.system_info, run.node.cpu)
    features = {name.rpartition("/")[2]: value for name, value in run.system_info.features}
    if features.get("OPENMP", "0") == "0":
        message = "built without OpenMP: ggml's own threads were used"
        yield Caveat(code="no-openmp", message=message)


def _about_gaps(run: Run) -> Iterator[Caveat]:
    for result in run.results:
        if result.phase is Phase.BENCH and result.status is Status.SKIPPED:
            yield Caveat(code="benchmark-skipped", message=f"{result.case}: {result.reason}")
