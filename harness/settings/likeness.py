"""The settings of a run that is to be like a recorded one."""

import re
from collections.abc import Iterator

from harness.errors import UnavailableError, UsageError
from harness.records.node import Cores
from harness.records.record import Record
from harness.records.run import OURS, Run, SettingOrigin
from harness.records.source import WHISPER
from harness.records.suite import Benchmark
from harness.records.weights import WeightsKind
from harness.settings.layer import Settings
from harness.settings.provenance import find_origin, name_weights
from harness.settings.recall import DECISIVE, OF_RUN, restore_value
from harness.settings.setting import RUN, Value
from harness.settings.table import BY_NAME

# These name what is on one computer; the rest of the source and the weights are named by what they are.
_OF_COMPUTER = frozenset({"tools", "compiler", "source", "repo", "ref", "weights", "weights_mirror"})
# These are taken from the suite, which has them as numbers where a setting says "as fits the node".
_OF_SUITE = frozenset({"model", "quant", "threads", "flash_attn", "engine", "seed", "bench"})
_ORIGIN = frozenset({"ref", "repo", "source"})
_SHORT = 12
# The options of CMake that are taken from the run of somebody else: others name programs and files that CMake executes.
_TAME = re.compile(r"(?:GGML|WHISPER)_[A-Z0-9_]+(?::[A-Z]+)?=[\w.+-]*")


class Likeness(Record):
    """Settings like those of a recorded run, and what is known not to be the same, a sentence each."""

    settings: Settings
    remarks: tuple[str, ...] = ()


def take_likeness(run: Run, settings: Settings, cores: Cores, *, same_tree: bool, foreign: bool = False) -> Likeness:
    """Return `settings` with all that decides what is measured as in `run`, for a node with these cores.

    What the command line says wins, and is a remark. `same_tree` says that the tree of the run is here, as it was. What
    a `foreign` run says is not executed unasked: its repository and its options of CMake have to be given.
    Raises UsageError for a report about another project, and UnavailableError if the source of the run is unavailable.
    """
    # A fork may have any name; only reports are about other programs.
    if run.origin != OURS and run.project not in ("", WHISPER):
        raise UsageError(f"{run.id} measured {run.project}", hint=f"harness run --like RUN  # a run of {WHISPER}")
    values: dict[str, Value] = dict(_list_recorded(run))
    values |= dict(_list_suite(run, cores)) | _choose_weights(run)
    flags = {one.name: one.value for one in settings.from_flags}
    if not {"ref", "source"} & flags.keys():  # else the command line names the whole source
        values |= _choose_origin(run, same_tree=same_tree)
    wild = _list_wild(values) if foreign and "define" not in flags else ()
    if wild:
        values["define"] = tuple(one for one in _list_defines(values) if one not in wild)
    if foreign and values.get("repo") and "repo" not in flags:
        raise UsageError(
            f"{run.id} measured code of {values['repo']}",
            cause="the run is not one of this node, and that code would be built and executed here",
            hint="add --repo REPO, with that repository, if you trust it; or --ref REF",
        )
    kept = {name: value for name, value in values.items() if name not in flags}
    used = (
        (name, kept.get(name, value), SettingOrigin.FLAG if name in kept else origin)
        for name, value, origin in settings.used
    )
    remarks = (*_list_flags(flags, values), *_list_remarks(run, cores, flags, same_tree=same_tree))
    remarks += tuple(f"-D {one} is left out: add it, if you trust who measured that run" for one in wild)
    return Likeness(settings=Settings(used=tuple(used)), remarks=remarks)


def _list_recorded(run: Run) -> Iterator[tuple[str, Value]]:
    """Yield the recorded values that mean the same everywhere; of the runs of others, nothing but the suite does."""
    names = (DECISIVE | OF_RUN) - _OF_COMPUTER - _OF_SUITE
    for pair in map(restore_value, run.settings if run.origin == OURS else ()):
        if pair and pair[0] in names and RUN[0] in BY_NAME[pair[0]].commands:
            yield pair


def _list_defines(values: dict[str, Value]) -> tuple[str, ...]:
    found = values.get("define", ())
    return found if isinstance(found, tuple) else ()


def _list_wild(values: dict[str, Value]) -> tuple[str, ...]:
    return tuple(one for one in _list_defines(values) if not _TAME.fullmatch(one))


def _choose_origin(run: Run, *, same_tree: bool) -> dict[str, Value]:
    origin = find_origin(run)
    if same_tree:
        return {"source": run.source.path, "ref": "", "repo": ""}
    if not origin.ref:
        digest = run.source.commit.changes[:_SHORT]
        named = f"a tree without git (digest {digest})" if digest else "a source that its record does not name"
        raise UnavailableError(
            f"{run.id} measured {named}",
            cause="it is not on this computer as it was" if digest else "a report names commits only",
            hint="--source DIR  # with that tree; or --ref REF",
        )
    return {"source": "", "ref": origin.ref, "repo": origin.repo}


def _list_suite(run: Run, cores: Cores) -> Iterator[tuple[str, Value]]:
    suite = run.suite
    fitting = tuple(count for count in suite.threads if count <= _most_threads(cores))
    if suite.models:
        yield "model", suite.models
    if run.origin == OURS:
        made = tuple(dict.fromkeys(one.model.rpartition("-")[2] for one in run.weights if one.parent))
        if made:
            models = (one.model.rpartition("-")[0] if one.parent else one.model for one in run.weights)
            plain = any(not one.parent for one in run.weights)
            yield "model", tuple(dict.fromkeys(models))
            yield "quant", (*(("f16",) if plain else ()), *made)
        yield "engine", suite.engine.value
        yield "seed", suite.seed
    if suite.benchmarks:
        yield "bench", tuple(one.value for one in suite.benchmarks)
    forced = any(one.name == "force_threads" and one.value == str(True) for one in run.settings)
    yield "threads", tuple(map(str, suite.threads if forced else fitting))
    if suite.flash_attn:
        yield "flash_attn", tuple(map(str, suite.flash_attn))
    if run.trial or Benchmark.WHISPER not in suite.benchmarks:
        return
    yield "repetitions", suite.repetitions


def _choose_weights(run: Run) -> dict[str, Value]:
    """Return the weights by what they are; official ones may be replaced by synthetic ones, which a caveat says."""
    name = name_weights(run.weights)
    return {"weights": "auto" if name == WeightsKind.OFFICIAL else name} if name else {}


def _most_threads(cores: Cores) -> float:
    return min(cores.affinity, cores.quota_cpus or cores.affinity) or 1


def _list_flags(flags: dict[str, str], values: dict[str, Value]) -> Iterator[str]:
    for name in (one for one in flags if one in values or one in _ORIGIN):
        yield f"{BY_NAME[name].flag} {flags[name]} is as given here, not as in that run"


def _list_remarks(run: Run, cores: Cores, flags: dict[str, str], *, same_tree: bool) -> Iterator[str]:
    commit = run.source.commit
    if commit.dirty and commit.sha and not same_tree and not _ORIGIN & flags.keys():
        digest, sha = commit.changes[:_SHORT], commit.sha[:_SHORT]
        yield f"it was a tree with uncommitted changes (digest {digest}) on {sha}: only {sha} is measured"
    many = [str(count) for count in run.suite.threads if count > _most_threads(cores)]
    if many and "threads" not in flags:
        yield f"{', '.join(many)} threads are more than the {_most_threads(cores):g} CPUs that may be used here"
    if run.trial:
        yield "it was one side of a live comparison; here it is measured alone, in whole rounds"
    if run.sweep:
        yield "it was a part of a sweep or a search; here it is measured alone"
    if run.origin != OURS:
        yield "it comes from a report, which says nothing of most settings: they are as by default"
