"""whisper-server under load: a client starts it, sends requests by one or several clients at once, and stops it."""

import itertools
import random
from collections.abc import Iterator

from harness.build.recipe import ON_CPU
from harness.plan.bench import name_quantising
from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import NO_GPU, SERVER
from harness.plan.transcription import is_transcribed, list_vad_words
from harness.records.measurement import Case
from harness.records.plan import Phase, Step
from harness.records.suite import Benchmark, Engine, name_vad
from harness.records.weights import Audio, Weights
from harness.records.wording import format_count
from harness.whisper.memory import estimate_memory

MODULE = "harness.client"
# The least number of requests, in all and of each client; and the seconds after which nobody sends another one.
_LEAST, _EACH, _SPAN_S = 8, 4, 60
# What is left of a step's time to stop the server in.
_RESERVE_S, _SHARE = 10, 0.9


def count_requests(clients: int) -> int:
    """Return how many requests so many clients send together."""
    return max(_LEAST, _EACH * clients)


def plan_servers(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the steps of servers under load, round by round, in an order drawn from the recorded seed."""
    suite = inputs.suite
    if Benchmark.SERVER not in suite.benchmarks:
        return
    speakers = [weights for weights in inputs.weights if is_transcribed(weights)]
    settings = [
        (weights, one, {"threads": threads, "fa": fa, "clients": clients, **name_vad(vad)})
        for weights, one, threads, fa, clients, vad in itertools.product(
            speakers, inputs.audio, suite.threads, suite.flash_attn, suite.clients, suite.vad
        )
    ]
    draw = random.Random(f"{suite.seed}/server")  # noqa: S311 - an order to be reproduced, not a secret
    for repetition in range(1, suite.repetitions + 1):
        for weights, one, params in draw.sample(settings, len(settings)):
            yield _plan_server(inputs, weights, one, params, repetition)


def _plan_server(inputs: PlanInputs, weights: Weights, one: Audio, params: dict[str, int], repetition: int) -> Step:
    suite, site = inputs.suite, inputs.sites[-1]
    on_cpu, threads, fa, clients = site.config.backend in ON_CPU, params["threads"], params["fa"], params["clients"]
    vad = params.get("vad", 0)
    name = f"{weights.model}-{one.name}-c{clients}-t{threads}-fa{fa}{'-vad' if vad else ''}-r{repetition}"
    setting = f"{format_count(clients, 'client')}, {format_count(threads, 'thread')}, fa {fa}{', vad' if vad else ''}"
    limit_s = suite.timeouts.bench_s
    return Step(
        name=f"server_{name.replace('-', '_')}",
        title=f"server, {one.name} by {weights.model}, {setting}, {repetition}/{suite.repetitions}",
        phase=Phase.BENCHMARK,
        argv=(
            *(inputs.python, "-s", "-P", "-m", MODULE),
            *("--audio", one.path, "--clients", str(clients), "--requests", str(count_requests(clients))),
            *("--span", str(_SPAN_S), "--seconds", f"{max(limit_s - _RESERVE_S, _SHARE * limit_s):g}", "--"),
            *(SERVER, "-m", weights.path, "-l", suite.language, "-t", str(threads)),
            *([NO_GPU] if on_cpu else []),
            f"@fa={fa}",
            *list_vad_words(vad, inputs.vad_model),
        ),
        cwd=site.folder,
        log=f"server-{name}.log",
        timeout_s=limit_s,
        # In every release, the server has these flags where the bench program has them.
        needs=("dialect", *([name_quantising(weights)] if weights.parent else [])),
        case=Case.of(Benchmark.SERVER.value, model=weights.model, audio=one.name, **params),
        repetition=repetition,
        min_memory_bytes=estimate_memory(weights, flash_attn=fa, engine=Engine.BENCH) if on_cpu else 0,
        env=inputs.worker_env,
        backend=site.config.backend,
    )
