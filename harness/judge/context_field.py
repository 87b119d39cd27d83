"""The context that a run is measured in, field by field, as text that can be compared.

Runs of this harness record everything, so what is missing was not set, or not seen. In imported runs, what is missing
is not known: it is neither "not set" nor equal to anything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from harness.build.behaviour import BEHAVIOUR_CHANGES, BehaviourChange, is_after
from harness.plan.environment import list_influences
from harness.records.build import Tool
from harness.records.node import NO_NAME
from harness.records.run import CMAKE_OPTIONS, CPU_FEATURES, OURS, Run, SettingOrigin
from harness.records.suite import OF_AUDIO, Engine
from harness.settings.table import BY_NAME
from harness.settings.value import read_defines

UNKNOWN = "not known"
NOT_SET = "not set"
_NOTHING_SEEN = "none seen"
_BUILD_TYPE = "CMAKE_BUILD_TYPE"
_NOT_ASKED = "not asked for"
_PLACEMENT = ("pin", "nice", "huge_pages")
_ASKED = "GG_BUILD_"


class ContextField(NamedTuple):
    """One context field, its group in `harness.judge.context.GROUPS` (or none), and its value for a run.

    The value is UNKNOWN if the record does not say.
    """

    subject: str
    group: str
    of: Callable[[Run], str]

    @property
    def word(self) -> str:
        """The subject as a word of `--across`."""
        return name_subject(self.subject)


def name_subject(subject: str) -> str:
    """Return the subject of a context field or a difference as a word of `--across`: `build-type`, `pin`."""
    return subject.removeprefix("--").replace(" ", "-")


def list_context_fields(runs: Sequence[Run], benchmarks: frozenset[str]) -> Iterator[ContextField]:
    """Yield every context field in which some of `runs` could differ; `benchmarks` are those that are compared."""
    yield from _machine()
    yield from _binary(runs)
    yield from _weights(runs)
    if benchmarks.intersection(OF_AUDIO):
        yield from _audio(runs)
    yield from _settings(runs)
    yield from _tools()
    yield from _dialect(runs, benchmarks)


def name_commit(run: Run) -> str:
    """Return the release, else the commit, with the hash of uncommitted changes."""
    commit = run.source.commit
    name = commit.release or commit.sha[:8] or _absent(run, "a tree without git")
    return f"{name} + changes {commit.changes[:8]}" if commit.dirty else name


def is_one_commit(runs: Sequence[Run]) -> bool:
    """Return whether all runs are known to have measured the same state of the code."""
    names = set(map(name_commit, runs))
    return len(names) == 1 and UNKNOWN not in names


def _machine() -> Iterator[ContextField]:
    yield ContextField("node", "names", _node)
    yield ContextField("CPU", "hardware", lambda run: " ".join(run.node.cpu.brand.split()) or UNKNOWN)
    yield ContextField("microarchitecture", "hardware", lambda run: run.node.cpu.microarchitecture or UNKNOWN)
    yield ContextField("usable CPUs", "hardware", _cpus)
    yield ContextField("memory", "", _memory)
    yield ContextField("operating system", "", lambda run: run.node.os or UNKNOWN)
    yield ContextField("kernel", "", lambda run: run.node.kernel or UNKNOWN)
    yield ContextField("hypervisor", "", lambda run: run.node.hypervisor or _absent(run, _NOTHING_SEEN))
    yield ContextField("container", "", lambda run: run.node.container or _absent(run, _NOTHING_SEEN))


def _binary(runs: Sequence[Run]) -> Iterator[ContextField]:
    yield ContextField("build type", "configs", lambda run: run.config.build_type or UNKNOWN)
    yield ContextField("instruction set", "configs", lambda run: run.config.isa or UNKNOWN)
    yield ContextField("backend", "configs", _backend)
    yield ContextField("backends used", "configs", _used)
    yield ContextField("compiler asked for", "configs", lambda run: run.config.compiler or UNKNOWN)
    for name in sorted({name for run in runs for name in _options(run) or ()} - {_BUILD_TYPE}):
        yield ContextField(name, "configs", partial(_option, name))
    stated = [_features(run) for run in runs if _states_features(run)]
    if len(stated) > 1:
        yield ContextField("compiled in", "", partial(_compiled, frozenset.intersection(*stated)))


def _weights(runs: Sequence[Run]) -> Iterator[ContextField]:
    for model in dict.fromkeys(weights.model for run in runs for weights in run.weights):
        if all(model in run.suite.models for run in runs):
            yield ContextField(f"weights of {model}", "weights", partial(_file, model))
            if any(_file(model, run) == UNKNOWN for run in runs):  # a report tells the kind alone
                yield ContextField(f"kind of weights of {model}", "weights", partial(_kind, model))


def _audio(runs: Sequence[Run]) -> Iterator[ContextField]:
    yield ContextField("language", "settings", lambda run: run.suite.language or UNKNOWN)
    for name in sorted({one.name for run in runs for one in run.audio}):
        if all(any(one.name == name for one in run.audio) for run in runs):
            yield ContextField(f"audio {name}", "settings", partial(_recording, name))


def _settings(runs: Sequence[Run]) -> Iterator[ContextField]:
    yield ContextField("engine", "settings", lambda run: run.suite.engine)
    yield ContextField("timing", "settings", _describe_timing)
    for name in _PLACEMENT:
        yield ContextField(f"--{name.replace('_', '-')}", "settings", partial(_setting, name))
    for name in sorted({name for run in runs for name in _timing(run)}):
        yield ContextField(name, "settings", partial(_variable, name))
    if all(run.trial for run in runs):  # elsewhere cases are only compared with their like
        yield ContextField("threads", "", lambda run: ",".join(map(str, run.suite.threads)))
        yield ContextField("flash attention", "", lambda run: ",".join(map(str, run.suite.flash_attn)))
    else:
        yield ContextField("repetitions", "", lambda run: str(run.suite.repetitions))


def _tools() -> Iterator[ContextField]:
    yield ContextField("C compiler", "", lambda run: _tool(run.toolchain.cc))
    yield ContextField("C++ compiler", "", lambda run: _tool(run.toolchain.cxx))
    yield ContextField("CMake", "", lambda run: _tool(run.toolchain.cmake))
    yield ContextField(
        "harness", "", lambda run: run.harness if run.origin == OURS else f"{run.origin} {run.harness}".strip()
    )


def _dialect(runs: Sequence[Run], benchmarks: frozenset[str]) -> Iterator[ContextField]:
    if all(run.suite.engine is Engine.LIBRARY for run in runs) or is_one_commit(runs):
        return  # the worker does the same work for all releases
    for change in BEHAVIOUR_CHANGES:
        if change.benchmark in benchmarks and (change.ours or any(run.origin != OURS for run in runs)):
            yield ContextField(change.subject, "", partial(_place, change))


def _place(change: BehaviourChange, run: Run) -> str:
    beyond = is_after(change, run)
    return UNKNOWN if beyond is None else change.new if beyond else change.old


def _cpus(run: Run) -> str:
    cores = run.node.cpu.cores
    quota = f", quota {cores.quota_cpus:g}" if cores.quota_cpus is not None else ""
    return f"{cores.affinity} of {cores.logical}{quota}" if cores.affinity else UNKNOWN


def _absent(run: Run, word: str) -> str:
    """Return what it means that a record does not name something: `word` for runs of this harness, else UNKNOWN."""
    return word if run.origin == OURS else UNKNOWN


def _node(run: Run) -> str:
    nameless = not run.node.name or (run.node.name == NO_NAME and run.origin != OURS)
    return UNKNOWN if nameless else run.node.name


def _memory(run: Run) -> str:
    return f"{run.node.memory_bytes / 2**30:.1f} GiB" if run.node.memory_bytes else UNKNOWN


def _backend(run: Run) -> str:
    """Return the backend that was asked for; an Environment of ggml-ci that names none asked for none."""
    others = any(name.startswith(_ASKED) for name, _ in run.environment)
    return run.config.backend.lower() or (_NOT_ASKED if others else UNKNOWN)


def _used(run: Run) -> str:
    return (",".join(run.system_info.backends) if run.system_info else "") or UNKNOWN


def _options(run: Run) -> Mapping[str, str] | None:
    """Return all CMake options that a binary was configured with by name, or None if they are not known."""
    asked = {option.name: option.value for option in run.config.options}
    if run.origin == OURS or run.harness:  # or a report of ours, which lists them
        return asked
    logged = next((fact.value for fact in run.settings if fact.name == CMAKE_OPTIONS), None)
    if logged is None:
        return None
    return read_defines(word.removeprefix("-D") for word in logged.split())


def _option(name: str, run: Run) -> str:
    options = _options(run)
    return UNKNOWN if options is None else options.get(name, NOT_SET)


def _states_features(run: Run) -> bool:
    """Return whether a log says what was compiled in; the Config column of a report names only a part."""
    shown = (fact.name == CPU_FEATURES and fact.origin is SettingOrigin.REPORT for fact in run.settings)
    return run.system_info is not None and not any(shown)


def _features(run: Run) -> frozenset[str]:
    return frozenset(run.system_info.list_on() if run.system_info else ())


def _compiled(shared: frozenset[str], run: Run) -> str:
    if not _states_features(run):
        return UNKNOWN
    return " ".join(sorted(_features(run) - shared)) or "none of these"


def _recording(name: str, run: Run) -> str:
    return next(f"{one.sha256[:12]}, {one.duration_s:.1f} s" for one in run.audio if one.name == name)


def _file(model: str, run: Run) -> str:
    found = next((weights for weights in run.weights if weights.model == model and weights.sha256), None)
    return f"{found.kind} {found.sha256[:8]}" if found else UNKNOWN


def _kind(model: str, run: Run) -> str:
    return next((str(weights.kind) for weights in run.weights if weights.model == model), UNKNOWN)


def _timing(run: Run) -> Mapping[str, str]:
    return dict(list_influences(run.environment, run.config, run.node.os))


def _variable(name: str, run: Run) -> str:
    return _timing(run).get(name) or _absent(run, NOT_SET)


def _describe_timing(run: Run) -> str:
    if run.trial is None:
        return "one run at a time"
    return "in turns, by process" if run.suite.engine is Engine.BENCH else "in turns, by call"


def _setting(name: str, run: Run) -> str:
    default = str(BY_NAME[name].default) if name in BY_NAME else ""
    known = next((setting.value for setting in run.settings if setting.name == name), None)
    return _absent(run, default or NOT_SET) if known is None else known or NOT_SET


def _tool(tool: Tool) -> str:
    return f"{tool.name} {tool.version}".strip() if tool.version else UNKNOWN
