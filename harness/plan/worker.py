"""How the worker is started, and what it is asked: the work of whisper-bench, whole or in pieces."""

from collections.abc import Mapping, Sequence

from harness.records.measurement import BATCHD, DECODE, ENCODE, PROMPT

MODULE = "harness.worker"
BLAS_MODULE = "harness.worker.blas"
# The work definitions of examples/bench/bench.cpp: 1 pass, 256 x 1, 64 x 5 and 16 x 256 tokens.
WHOLE: Mapping[str, str] = {
    ENCODE.name: "encode",
    DECODE.name: "decode 256 0",
    BATCHD.name: "batch 64",
    PROMPT.name: "prompt 16",
}
# The same work in pieces of a fraction of a second, so that two workers can take turns often. Decoding costs more
# the more tokens came before; 64 positions from 96 have the mean position of all 256.
PIECE: Mapping[str, str] = {
    ENCODE.name: "encode",
    DECODE.name: "decode 64 96",
    BATCHD.name: "batch 16",
    PROMPT.name: "prompt 1",
}


def choose_questions(metrics: Sequence[str]) -> tuple[str, ...]:
    """Return what a worker with weights is asked: to warm up, then the work of these metrics, or of all for none."""
    if not metrics:
        return ("warm", *WHOLE.values())
    wanted = [WHOLE[name] for name in WHOLE if name in metrics]
    return (" ".join(["warm", *(work.split()[0] for work in wanted)]), *wanted)


def choose_worker_argv(python: str, library: str, *, gpu: bool, plant: float = 0.0) -> tuple[str, ...]:
    """Return the worker's command line; not `gpu` leaves GPUs alone, `plant` is the slowdown that tests ask for."""
    planted = ("--plant", f"{plant:g}") if plant else ()
    return (python, "-s", "-P", "-m", MODULE, *planted, *(() if gpu else ("--no-gpu",)), library)


def choose_worker_environment(environment: Mapping[str, str], package: str, heap_padding: int = 0) -> dict[str, str]:
    """Return what a worker's environment has more: the package can be found, and LLVM's threads do not spin on.

    They would for 200 ms after each call (ggml's own setting), into the other worker's turn. GNU's threads stop
    within milliseconds, while the worker settles; a passive OMP_WAIT_POLICY for all would make decoding with two
    threads three times slower, and so measure something that no user runs. `heap_padding` bytes are for nothing but to
    be allocated before all else.
    """
    blocktime = environment.get("KMP_BLOCKTIME", "1")
    padded = {"HARNESS_PADDING": "-" * heap_padding} if heap_padding else {}
    return {"KMP_BLOCKTIME": blocktime, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"} | padded
