"""A run's numbers grouped by what they are numbers of."""

from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.stats.series import peak_memory
from tests import factory

TINY = Case.of("whisper", model="tiny", threads=2, fa=0)
BASE = Case.of("whisper", model="base", threads=2, fa=0)


def test_the_peak_is_the_largest_of_the_processes_that_passed() -> None:
    def took(case: Case, megabytes: int, status: Status = Status.PASSED) -> StepResult:
        result = factory.result("bench", Phase.BENCHMARK, status)
        return result.replace(case=case, completed=factory.completed().replace(max_rss_bytes=megabytes * 1_000_000))

    run = factory.run(took(TINY, 300), took(TINY, 320), took(TINY, 310), took(TINY, 900, Status.FAILED), took(BASE, 0))
    assert peak_memory(run) == {TINY: 320_000_000}
