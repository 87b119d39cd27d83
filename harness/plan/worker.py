"""The command line of the worker, and the commands it gets: the work of whisper-bench, whole or in pieces."""

from collections.abc import Mapping, Sequence

from harness.records.measurement import BATCHD, DECODE, ENCODE, PROMPT

MODULE = "harness.worker"
BLAS_MODULE = "harness.worker.blas"
COUNTER_MODULE = "harness.worker.counter"
# The work definitions of examples/bench/bench.cpp: 1 pass, 256 x 1, 64 x 5 and 16 x 256 tokens.
WHOLE: Mapping[str, str] = {
    ENCODE.name: "encode",
    DECODE.name: "decode 256 0",
    BATCHD.name: "batch 64",
    PROMPT.name: "prompt 16",
}
# The same work in pieces of a fraction of a second, so that two workers can take turns often. Decoding gets slower
# with each token; 64 positions from 96 on have the same mean position as all 256.
PIECE: Mapping[str, str] = {
    ENCODE.name: "encode",
    DECODE.name: "decode 64 96",
    BATCHD.name: "batch 16",
    PROMPT.name: "prompt 1",
}


def choose_questions(metrics: Sequence[str]) -> tuple[str, ...]:
    """Return the commands for a worker with weights: warm up, then the work of these metrics (none means all)."""
    if not metrics:
        return ("warm", *WHOLE.values())
    wanted = [WHOLE[name] for name in WHOLE if name in metrics]
    return (" ".join(["warm", *(work.split()[0] for work in wanted)]), *wanted)


def choose_worker_argv(python: str, library: str, *, gpu: bool, plant: float = 0.0) -> tuple[str, ...]:
    """Return the worker's command line; without `gpu`, GPUs are not used; `plant` is a slowdown for tests."""
    planted = ("--plant", f"{plant:g}") if plant else ()
    return (python, "-s", "-P", "-m", MODULE, *planted, *(() if gpu else ("--no-gpu",)), library)


def choose_worker_environment(environment: Mapping[str, str], package: str, heap_padding: int = 0) -> dict[str, str]:
    """Return additional variables for a worker: they make the package importable and keep LLVM's threads from spinning.

    Those threads would spin for 200 ms after each call (ggml's own setting), into the other worker's turn. GNU's
    threads stop within milliseconds, while the worker settles; a passive OMP_WAIT_POLICY would make decoding with two
    threads three times slower, which no user runs. `heap_padding` bytes are only there to be allocated before
    everything else.
    """
    blocktime = environment.get("KMP_BLOCKTIME", "1")
    padded = {"HARNESS_PADDING": "-" * heap_padding} if heap_padding else {}
    return {"KMP_BLOCKTIME": blocktime, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"} | padded
