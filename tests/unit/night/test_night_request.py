"""What a night asks of each commit, made of its templates."""

from harness.night.request import choose_cases, choose_live
from harness.records.measurement import Case
from harness.records.suite import Benchmark, Suite

SUITE = Suite(
    benchmarks=(Benchmark.MEMCPY, Benchmark.MUL_MAT, Benchmark.WHISPER),
    models=("tiny", "base"),
    threads=(2, 4),
    flash_attn=(0, 1),
    repetitions=5,
    tests=True,
    test_build_types=("Debug", "Release"),
    seed=1,
)
BASE = Case.of("whisper", model="base", threads=4, fa=1)


def test_a_comparison_has_the_cases_that_are_asked_for_and_no_others() -> None:
    live = choose_live(SUITE, [BASE])
    assert (live.models, live.threads, live.flash_attn) == (("base",), (4,), (1,))
    tiny = Case.of("whisper", model="tiny", threads=4, fa=1)
    assert choose_live(SUITE, [BASE, tiny]).models == ("base", "tiny")
    assert choose_live(SUITE, []) == SUITE


def test_what_is_not_measured_in_turns_is_left_out_of_a_comparison() -> None:
    memcpy = Case.of("memcpy", threads=4)
    assert choose_live(SUITE, [memcpy, BASE]).models == ("base",)


def test_missing_cases_need_only_their_own_benchmarks() -> None:
    assert choose_cases(SUITE, [BASE]).benchmarks == (Benchmark.WHISPER,)
    chosen = choose_cases(SUITE, [Case.of("mul_mat", threads=4)])
    assert (chosen.benchmarks, chosen.models, chosen.threads) == ((Benchmark.MUL_MAT,), (), (2, 4))


def test_missing_cases_of_a_server_need_only_their_own_clients() -> None:
    suite = SUITE.replace(benchmarks=(*SUITE.benchmarks, Benchmark.SERVER), clients=(1, 4), vad=(0, 1))
    case = Case.of("server", audio="a", clients=4, model="base", threads=4, fa=0, vad=1)
    chosen = choose_cases(suite, [case])
    assert (chosen.benchmarks, chosen.clients, chosen.vad) == ((Benchmark.SERVER,), (4,), (1,))
    assert (choose_cases(suite, [BASE]).clients, choose_cases(suite, [BASE]).vad) == ((1, 4), (0, 1))
    spoken = Case.of("server", audio="a", clients=1, model="base", threads=4, fa=0)
    assert choose_cases(suite, [case, spoken]).vad == (0, 1)
