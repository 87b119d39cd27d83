"""What to run and how often; never part of an identity."""

from harness.records.measurement import Case
from harness.records.record import ExplainedWord, Record


class Benchmark(ExplainedWord):
    """What is measured: the three benchmarks of the bench program, whole programs, and what they compute."""

    MEMCPY = "memcpy", "How fast memory is copied."
    MUL_MAT = "mul_mat", "How fast square matrices are multiplied on the CPU."
    WHISPER = (
        "whisper",
        "The encoder and the decoder of each model, with the timings that issue 89 of whisper.cpp lists.",
    )
    TRANSCRIBE = "transcribe", "whisper-cli from a recording to its text."
    CHECK = "check", "Whether the build computes what the weights say, before its speed is measured."
    QUALITY = "quality", "How good the text is: word errors, and how far the tokens lie from the reference."
    SERVER = "server", "whisper-server under load: latency, throughput and errors."


# What has a model, and so weights, a backend and flash attention.
OF_MODELS = (Benchmark.WHISPER, Benchmark.TRANSCRIBE, Benchmark.CHECK, Benchmark.QUALITY, Benchmark.SERVER)
# What reads a recording.
OF_AUDIO = (Benchmark.TRANSCRIBE, Benchmark.QUALITY, Benchmark.SERVER)

# What quality is judged by, as the parameter `of` of its cases.
OF_TEXT, OF_TOKENS = "text", "tokens"


def choose_processes(repetitions: int) -> int:
    """Return how many processes show whether the same settings give the same text: two, or three of many."""
    return min(max(repetitions, 2), 3)


def name_vad(vad: int) -> dict[str, int]:
    """Return the parameter of a case with voice activity detection; without it there is none, so keys stay."""
    return {"vad": vad} if vad else {}


def list_quality_subjects(vad: tuple[int, ...], *, known: bool) -> tuple[tuple[str, int], ...]:
    """Return what is looked at of a recording, each with or without voice activity detection.

    Words only where its text is `known`; tokens always without detection.
    """
    return (*((OF_TEXT, one) for one in vad if known), (OF_TOKENS, 0))


# What records of earlier versions call an engine.
EARLIER_ENGINES = {"sampler": "library"}


class Engine(ExplainedWord):
    """What times whisper.cpp: its own bench program in whole processes, or the worker call by call."""

    BENCH = "bench", "whisper.cpp's own bench program, one whole process for each repetition."
    LIBRARY = "library", "A small program that loads libwhisper and times single calls; ab uses it."

    @classmethod
    def _missing_(cls, value: object) -> "Engine | None":
        """Return the engine that a word in a record of an earlier version stands for."""
        name = EARLIER_ENGINES.get(str(value))
        return cls(name) if name else None


class Timeouts(Record):
    """The time limits of each kind of step, in seconds."""

    configure_s: float = 300
    build_s: float = 3600
    test_s: float = 1800
    bench_s: float = 3600


class Suite(Record):
    """The cases of a run: models x threads x flash attention, and the number of processes for each.

    With a `precision` (half the interval of a median over the median) `repetitions` is the minimum: more follow until
    every model is known so precisely, or the models have taken `max_time_s`. `cases` are the model cases if not all
    combinations are measured, as in sweeps; `metrics` are those that a worker measures. Both are empty for all.
    `language` is that of the audio to transcribe. `check` asks whether each build computes the right result. `vad`
    has 0 for transcriptions of everything, 1 for those of speech alone as a detector finds it, or both. `clients` are
    the numbers of requests that a server gets at once.
    """

    benchmarks: tuple[Benchmark, ...]
    models: tuple[str, ...]
    threads: tuple[int, ...]
    flash_attn: tuple[int, ...]
    repetitions: int
    tests: bool
    test_build_types: tuple[str, ...]
    seed: int
    timeouts: Timeouts = Timeouts()
    engine: Engine = Engine.BENCH
    precision: float = 0.0
    max_time_s: float = 0.0
    cases: tuple[Case, ...] = ()
    metrics: tuple[str, ...] = ()
    language: str = ""
    check: bool = False
    vad: tuple[int, ...] = (0,)
    clients: tuple[int, ...] = ()

    def list_looks(self, model: str) -> tuple[tuple[int, int], ...]:
        """Return threads and flash attention of all settings in which the text of a model is looked at.

        Of cells of a sweep that differ in threads alone, only the one with the most: threads do not change the text.
        """
        if not self.cases:
            return tuple((threads, fa) for threads in self.threads for fa in self.flash_attn)
        most: dict[int, int] = {}
        for case in self.cases:
            if case.get("model") == model:
                fa = int(case.get("fa"))
                most[fa] = max(most.get(fa, 0), int(case.get("threads")))
        return tuple((threads, fa) for fa, threads in most.items())

    @property
    def model_cases(self) -> tuple[Case, ...]:
        """The cases of whisper-bench and the worker, in order: models, then threads, then flash attention."""
        cases = (
            Case.of(Benchmark.WHISPER.value, model=model, threads=threads, fa=fa)
            for model in dict.fromkeys(self.models)
            for threads in self.threads
            for fa in self.flash_attn
        )
        return tuple(case for case in cases if not self.cases or case in self.cases)
