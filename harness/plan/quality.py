"""How good the text is: the words that whisper-cli prints, and the tokens that the library would choose.

Tokens are compared with a speech reference: what the F16 weights hear on the CPU without flash attention. The first
build that needs it makes it, and all later ones are compared with the same.
"""

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

from harness.build.recipe import ON_CPU
from harness.plan.bench import name_quantising
from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import CLI, LIBRARY, NO_GPU
from harness.plan.transcription import is_transcribed, list_vad_words
from harness.plan.worker import choose_worker_argv
from harness.records.measurement import Case
from harness.records.plan import Phase, Step
from harness.records.record import short_hash
from harness.records.source import Source
from harness.records.suite import (
    OF_TEXT,
    OF_TOKENS,
    Benchmark,
    Engine,
    choose_processes,
    list_quality_subjects,
    name_vad,
)
from harness.records.weights import Audio, Weights
from harness.records.wording import format_count
from harness.whisper.memory import estimate_memory
from harness.whisper.quantisation import split_name

# A file of another version is made again; it is part of the file's name.
_VERSION = 1


class _Setting(NamedTuple):
    """What is listened to with what; `of` is what is compared."""

    weights: Weights
    audio: Audio
    threads: int
    fa: int
    of: str
    vad: int

    @property
    def case(self) -> Case:
        params = {"threads": self.threads, "fa": self.fa, **name_vad(self.vad)}
        model, audio = self.weights.model, self.audio.name
        return Case.of(Benchmark.QUALITY.value, model=model, audio=audio, of=self.of, **params)


def plan_quality(inputs: PlanInputs) -> Iterator[Step]:
    """Yield the speech references that are needed, then the processes, round by round, in a recorded random order.

    Words are counted only where the text of a recording is known. All weights that can transcribe are used.
    """
    suite = inputs.suite
    spoken = [one for one in inputs.weights if is_transcribed(one)]
    yield from _plan_references(inputs, spoken)
    settings = [
        _Setting(weights, audio, threads, fa, of, vad)
        for weights in spoken
        for audio in inputs.audio
        for threads, fa in suite.list_looks(weights.model)
        for of, vad in list_quality_subjects(suite.vad, known=bool(audio.text))
    ]
    draw = random.Random(f"{suite.seed}/quality")  # noqa: S311 - an order to be reproduced, not a secret
    rounds = choose_processes(suite.repetitions)
    for repetition in range(1, rounds + 1):
        for setting in draw.sample(settings, len(settings)):
            yield _plan_process(inputs, setting, repetition, rounds)


def name_speech_reference(weights: Weights, audio: Audio) -> str:
    """Return the name of the step that makes the speech reference of a recording, for weights or their parent."""
    return f"speech_{split_name(weights.model)[0] if weights.parent else weights.model}_{audio.name}".replace("-", "_")


def speech_reference_path(folder: str, weights: Weights, audio: Audio, language: str) -> str:
    """Return the file of the speech reference of a recording, for weights or their parent, in `folder`."""
    model = split_name(weights.model)[0] if weights.parent else weights.model
    content = short_hash(_VERSION, weights.parent_sha256 or weights.sha256, audio.sha256, language)
    return f"{folder}/speech-{model}-{content}.ref"


def name_maker(source: Source) -> str:
    """Return which commit makes a reference, for people."""
    commit = source.commit
    words = [commit.release, commit.short] if commit.release != commit.short else [commit.short]
    return " ".join(word for word in words if word) or source.id


def _plan_references(inputs: PlanInputs, spoken: list[Weights]) -> Iterator[Step]:
    """Yield a step for each recording and each F16 file, once: quantised weights are compared with their parent."""
    suite, site = inputs.suite, inputs.sites[-1]
    known: set[str] = set()
    for weights in spoken:
        for audio in inputs.audio:
            name = name_speech_reference(weights, audio)
            if name in known:
                continue
            known.add(name)
            path = speech_reference_path(inputs.references, weights, audio, suite.language)
            asked = json.dumps([path, audio.path, suite.language, name_maker(inputs.source)], ensure_ascii=False)
            load = f"load {weights.parent or weights.path} {max(suite.threads)} 0"
            yield Step(
                name=name,
                title=f"listen to {audio.name} with {split_name(weights.model)[0]}, for comparison",
                phase=Phase.REFERENCE,
                argv=_ask_worker(inputs, load, f"reference {asked}", gpu=False),
                cwd=site.folder,
                log=f"{name.replace('_', '-')}.log",
                timeout_s=suite.timeouts.bench_s,
                needs=(f"build_{site.config.build_type.lower()}",),
                stamp=f"{path}.made",
                key=short_hash(path),
                products=(path,),
                env=inputs.worker_env,
                engine=Engine.LIBRARY,
            )


def _plan_process(inputs: PlanInputs, setting: _Setting, repetition: int, rounds: int) -> Step:
    weights, audio, threads, fa, of, vad = setting
    suite, site = inputs.suite, inputs.sites[-1]
    on_cpu, ready = site.config.backend in ON_CPU, f"build_{site.config.build_type.lower()}"
    made_by = (name_quantising(weights),) if weights.parent else ()
    name = f"{weights.model}-{audio.name}-{of}-t{threads}-fa{fa}{'-vad' if vad else ''}-r{repetition}"
    engine = Engine.LIBRARY if of == OF_TOKENS else Engine.BENCH
    if of == OF_TOKENS:
        path = speech_reference_path(inputs.references, weights, audio, suite.language)
        asked = f"diverge {json.dumps([path, audio.path], ensure_ascii=False)}"
        argv = _ask_worker(inputs, f"load {weights.path} {threads} {fa}", asked, gpu=not on_cpu)
        needs: tuple[str, ...] = (ready, name_speech_reference(weights, audio))
    else:
        argv = (CLI, "-m", weights.path, "-f", audio.path, "-l", suite.language, "-t", str(threads))
        argv = (*argv, *([NO_GPU] if on_cpu else []), f"@fa={fa}", *list_vad_words(vad, inputs.vad_model))
        # A source that is only the library has no program to ask for its options, nor one that prints a text.
        needs = (ready if inputs.library else "dialect",)
    return Step(
        name=f"quality_{name.replace('-', '_')}",
        title=f"{of} of {audio.name} by {weights.model}, {format_count(threads, 'thread')}, fa {fa}"
        f"{', vad' if vad else ''}, {repetition}/{rounds}",
        phase=Phase.BENCHMARK,
        argv=argv,
        cwd=site.folder,
        log=f"quality-{name}.log",
        timeout_s=suite.timeouts.bench_s,
        needs=(*needs, *made_by),
        case=setting.case,
        repetition=repetition,
        min_memory_bytes=estimate_memory(weights, flash_attn=fa, engine=engine) if on_cpu else 0,
        env=inputs.worker_env if engine is Engine.LIBRARY else (),
        engine=engine,
        backend=site.config.backend,
        text=audio.text if of == OF_TEXT else "",
    )


def _ask_worker(inputs: PlanInputs, *commands: str, gpu: bool) -> tuple[str, ...]:
    asked = [word for command in (*commands, "quit") for word in ("--do", command)]
    return (*choose_worker_argv(inputs.python, LIBRARY, gpu=gpu), *asked)
