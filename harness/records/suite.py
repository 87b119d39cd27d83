"""What to run and how often; never part of an identity."""

from enum import StrEnum

from harness.records.record import Record


class Benchmark(StrEnum):
    """The three benchmarks of the bench program."""

    MEMCPY = "memcpy"
    MUL_MAT = "mul_mat"
    WHISPER = "whisper"


class Timeouts(Record):
    """Seconds after which a step of each kind is interrupted."""

    configure_s: float = 300
    build_s: float = 3600
    test_s: float = 1800
    bench_s: float = 3600


class Suite(Record):
    """The cases of a run: models x threads x flash attention, and the number of processes for each."""

    benchmarks: tuple[Benchmark, ...]
    models: tuple[str, ...]
    threads: tuple[int, ...]
    flash_attn: tuple[int, ...]
    repetitions: int
    tests: bool
    test_build_types: tuple[str, ...]
    seed: int
    timeouts: Timeouts = Timeouts()
