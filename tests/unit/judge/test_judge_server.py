"""Whether clients wait in a queue, by what one of them got alone."""

import pytest

from harness.judge.server import caveat_queues, caveat_server_texts
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.quality import ServerLoad
from harness.records.run import Run
from tests import factory


def loaded(alone: tuple[float, float], *others: tuple[int, float, float]) -> Run:
    """Return a run of servers: latency and throughput of one client, then those of several."""
    values = [
        (Case.of("server", audio="a", clients=clients, model="m", threads=2, fa=0), name, value)
        for clients, *numbers in ((1, *alone), *others)
        for name, value in zip(("latency", "speech_rate"), numbers, strict=True)
        if value
    ]
    return factory.run(factory.result("server", Phase.BENCHMARK, Status.PASSED, *values))


@pytest.mark.parametrize(("rate", "caveats"), [(10.2, 1), (12.4, 1), (12.6, 0), (39.0, 0)])
def test_a_queue_is_known_by_its_throughput(rate: float, caveats: int) -> None:
    assert len(list(caveat_queues(loaded((1000.0, 10.0), (4, 3900.0, rate))))) == caveats


def test_a_queue_says_what_it_costs() -> None:
    (caveat,) = caveat_queues(loaded((1000.0, 10.0), (2, 1980.0, 10.1), (4, 3900.0, 10.2)))
    assert caveat.code == "requests-queued"
    assert "4 clients got 1.02 times the throughput of one and waited 3.9 times as long" in caveat.message
    assert "2 clients got 1.01 times" in caveat.message


def test_without_one_client_nothing_is_known() -> None:
    assert not list(caveat_queues(loaded((0.0, 0.0), (4, 3900.0, 10.2))))


def answered(*digests: str, fa: int = 0) -> StepResult:
    load = ServerLoad(
        clients=1,
        requests=8,
        refused=0,
        median_ms=1.0,
        p95_ms=1.0,
        worst_ms=1.0,
        speech_rate=1.0,
        ready_s=0.1,
        digests=digests,
    )
    case = Case.of("server", audio="a", clients=1, model="m", threads=2, fa=fa)
    return factory.result("server", Phase.BENCHMARK).replace(case=case, load=load)


def test_another_text_for_the_same_recording_is_said() -> None:
    assert not list(caveat_server_texts(factory.run(answered("a"), answered("a"), answered("b", fa=1))))
    (caveat,) = caveat_server_texts(factory.run(answered("a"), answered("a", "c"), answered("b", fa=1)))
    assert (caveat.code, "2 of server/audio=a/clients=1/fa=0" in caveat.message) == ("not-deterministic", True)
