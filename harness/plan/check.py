"""Checking a build before its speed is measured: whether it computes what the weights say.

The worker feeds a fixed input to the library and compares the logits with a reference, which a program of ours computed
from the same weights without ggml. Backend, instruction set, BLAS and flash attention are those that are measured.
"""

import json
from collections.abc import Iterator, Sequence

from harness.build.recipe import ON_CPU
from harness.plan.bench import choose_variant_env, name_quantising
from harness.plan.inputs import PlanInputs, ReferenceBuild
from harness.plan.placeholder import LIBRARY
from harness.plan.reference import name_reference, reference_path
from harness.plan.worker import choose_worker_argv
from harness.records.measurement import Case
from harness.records.outcome import is_check
from harness.records.plan import Phase, Step
from harness.records.suite import OF_MODELS, Benchmark, Engine, Suite
from harness.records.weights import Weights
from harness.whisper.memory import estimate_memory


def plan_checks(inputs: PlanInputs) -> Iterator[Step]:
    """Yield a check of the timed build for all weights with each setting of flash attention that the suite measures."""
    if inputs.reference:
        for weights in inputs.weights:
            for fa in _list_settings(inputs.suite, weights):
                yield _plan_check(inputs, inputs.reference, weights, fa)


def name_check(model: str, fa: int | str) -> str:
    """Return the name of the step that checks a build with some weights and a setting of flash attention."""
    return f"check_{model}_fa{fa}"


def require_checks(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps so that no benchmark of a model begins whose check has failed."""
    checks = {step.name for step in steps if is_check(step)}
    return tuple(step.replace(needs=(*step.needs, *_list_checks(step, checks))) for step in steps)


def _list_checks(step: Step, checks: set[str]) -> tuple[str, ...]:
    case = step.case
    if case is None or case.benchmark not in OF_MODELS or is_check(step):
        return ()
    name = name_check(case.get("model"), case.get("fa"))
    return (name,) if name in checks else ()


def _list_settings(suite: Suite, weights: Weights) -> tuple[int, ...]:
    """Return the settings of flash attention with which weights are measured."""
    known = {(case.get("model"), case.get("fa")) for case in suite.cases}
    return tuple(fa for fa in suite.flash_attn if not known or (weights.model, str(fa)) in known)


def _plan_check(inputs: PlanInputs, build: ReferenceBuild, weights: Weights, fa: int) -> Step:
    site, model, threads = inputs.sites[-1], weights.model, max(inputs.suite.threads)
    on_cpu = site.config.backend in ON_CPU
    asked = (f"load {weights.path} {threads} {fa}", f"check {json.dumps([reference_path(build, weights)])}", "quit")
    commands = (word for command in asked for word in ("--do", command))
    return Step(
        name=name_check(model, fa),
        title=f"check the result of {model}, fa {fa}",
        phase=Phase.BENCHMARK,
        argv=(*choose_worker_argv(inputs.python, LIBRARY, gpu=not on_cpu), *commands),
        cwd=site.folder,
        log=f"check-{model}-fa{fa}.log",
        timeout_s=inputs.suite.timeouts.bench_s,
        env=(*inputs.worker_env, *choose_variant_env(site)),
        needs=(
            f"build_{site.config.build_type.lower()}",
            *([name_quantising(weights)] if weights.parent else []),
            name_reference(weights),
        ),
        case=Case.of(Benchmark.CHECK.value, model=model, threads=threads, fa=fa),
        repetition=1,
        min_memory_bytes=estimate_memory(weights, flash_attn=fa, engine=Engine.LIBRARY) if on_cpu else 0,
        engine=Engine.LIBRARY,
        backend=site.config.backend,
    )
