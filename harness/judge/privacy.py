"""What of a run identifies somebody: names of nodes and users, folders, recordings, commits that nobody else has."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from harness.judge.disguise import HOME
from harness.records.measurement import METRICS
from harness.records.node import NO_NAME
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.records.record import short_hash
from harness.records.run import OURS, Run
from harness.records.share import NOWHERE, SHARED, Here, PrivacyRule, PrivateWord
from harness.records.suite import Benchmark, Engine
from harness.records.weights import WeightsKind
from harness.settings.provenance import is_upstream

# Names of users, computers and files that say nothing, and words of our own that must stay where they are.
_COMMON = frozenset(
    """root user users admin administrator ubuntu debian fedora arch alpine centos rocky runner runneradmin ec2-user opc
    azureuser vagrant docker container github gitlab jenkins build builder ci cd test tests tester work home node host
    localhost guest server desktop laptop unknown default linux windows macos darwin whisper whisper.cpp ggml bench
    benchmark intel apple nvidia native release debug tiny base small medium large turbo fast model models cache source
    sources results threads encode decode harness python cmake ninja seed auto official synthetic file service daemon
    nobody system local main master cpu gpu avx2 avx512 neon jfk shared folder private somebody""".split()
) | {word.lower() for kind in (METRICS, Status, Phase, Benchmark, Engine, WeightsKind) for word in map(str, kind)}
_SHORTEST = 4
# The folders of a cache, by which it is recognised.
_IN_CACHE = ("builds", "sources", "weights", "cmake", "logs")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - names in records, nothing is written there
_NAMES = ("USER", "LOGNAME")
# The recording that comes with whisper.cpp.
SAMPLE = "jfk"
# What `harness share` has named already.
_SHARED_NODE = re.compile(r"node-[0-9a-f]{6}")
# Repositories that everybody can read.
_PUBLIC = re.compile(r"https://github\.com/(?:ggml-org|ggerganov)/[\w.-]+/?")
_LETTER = re.compile("[^\\W\\d_]")
# A whole value that is a path, or an option with one, whose folder has signs in it that end a path in running text.
_ODD = re.compile(r"(?:[\w.+:-]{1,80}=|-[A-Za-z])?(/[^\n]{1,500})/[^/\n]*")
_PLAIN = re.compile(r"[\w.+@%~/-]*")


def list_private_words(runs: Iterable[Run], here: Here) -> tuple[PrivateWord, ...]:
    """Return the words of runs, and of the one who shares them, that are replaced; each word once."""
    found: dict[str, PrivateWord] = {}
    for run in runs:
        for word in _list_words(run):
            found.setdefault(word.word, word)
    for word in _list_here(here):
        found.setdefault(word.word, word)
    return tuple(found.values())


def name_shared_node(run: Run) -> str:
    """Return the name of a node in what is shared: always the same one, which does not say what it stands for."""
    node = run.node
    if node.name == NO_NAME or _SHARED_NODE.fullmatch(node.name):
        return node.name
    facts = (node.name, node.cpu.brand, node.cpu.cores, node.memory_bytes, node.os)
    return f"node-{short_hash(*facts, length=6)}"


def is_distinctive(word: str) -> bool:
    """Return whether a name can be replaced wherever it stands, because it means nothing else."""
    return len(word) >= _SHORTEST and word.lower() not in _COMMON and _LETTER.search(word) is not None


def is_public_commit(run: Run) -> bool:
    """Return whether everybody can look up the commit of a run: upstream's, or one of a published release."""
    source, commit = run.source, run.source.commit
    return _is_public(commit.repo) and not source.mutable


def _is_public(repo: str) -> bool:
    return is_upstream(repo) or _PUBLIC.fullmatch(repo) is not None


def _list_words(run: Run) -> Iterator[PrivateWord]:
    node = run.node.name
    yield _name(PrivacyRule.NODE, node, name_shared_node(run))
    variables = dict(run.environment)
    yield from _list_folders(run)
    yield from _list_odd_folders(run)
    if home := variables.get("HOME", ""):
        yield from _list_home(home)
    yield from (_name(PrivacyRule.USER, variables[name], "somebody") for name in _NAMES if variables.get(name))
    commit = run.source.commit
    if not is_public_commit(run):
        yield _name(PrivacyRule.COMMIT, commit.author, "somebody")
        if not _is_public(commit.repo):
            yield PrivateWord(rule=PrivacyRule.COMMIT, word=commit.repo, stand_in=f"https://{NOWHERE}/whisper.cpp")
    for number, one in enumerate((one for one in run.audio if one.name != SAMPLE), 1):
        yield _name(PrivacyRule.FILE, one.name, f"recording-{number}")
        yield _name(PrivacyRule.FILE, PurePosixPath(one.path).stem, f"recording-{number}")
        yield _name(PrivacyRule.FILE, one.name.replace("-", "_"), f"recording_{number}")  # in names of steps
    for number, weights in enumerate(run.weights, 1):
        if weights.kind is WeightsKind.FILE and weights.path:
            stem = PurePosixPath(weights.path).stem
            if weights.model not in stem:
                yield _name(PrivacyRule.FILE, stem, f"weights-{number}")


def _list_odd_folders(run: Run) -> Iterator[PrivateWord]:
    """Yield the folders that cannot be found in running text, because of a blank or a bracket in them."""
    values = [one.value for one in run.settings] + [value for _, value in run.environment]
    values += [word for one in run.attempts for word in (one.completed.argv if one.completed else ())]
    values += [word for one in run.results for word in (one.completed.argv if one.completed else ())]
    values += [run.source.path, *(one.path for one in run.weights), *(one.path for one in run.audio)]
    values += [one.value for one in run.config.options]
    folders = dict.fromkeys(found[1] for value in values for one in value.split(":") if (found := _ODD.fullmatch(one)))
    for number, folder in enumerate((one for one in folders if not _PLAIN.fullmatch(one)), 1):
        yield PrivateWord(rule=PrivacyRule.PATH, word=folder, stand_in=f"{SHARED}/odd-{number}")


def _name(rule: PrivacyRule, word: str, stand_in: str) -> PrivateWord:
    return PrivateWord(rule=rule, word=word, stand_in=stand_in, distinctive=is_distinctive(word))


def _list_folders(run: Run) -> Iterator[PrivateWord]:
    """Yield the folders of a run of ours that are known by what they are for."""
    settings = {one.name: one.value for one in run.settings}
    named = {"results": settings.get("results", ""), "cache": settings.get("cache", "")}
    named["tmp"] = dict(run.environment).get("TMPDIR", "")
    if run.source.mutable:
        named["source"] = run.source.path
    if run.origin == OURS and not named["cache"]:
        paths = [run.source.path, *(one.path for one in run.weights)]
        paths += [one.completed.argv[0] for one in run.results if one.completed and one.completed.argv]
        named["cache"] = next(filter(None, map(_find_cache, paths)), "")
    for name, path in named.items():
        plain = path.rstrip("/")
        if plain.startswith("/") and plain not in _TEMPORARY:
            yield PrivateWord(rule=PrivacyRule.FOLDER, word=plain, stand_in=f"{SHARED}/{name}")


def _find_cache(path: str) -> str:
    parts = PurePosixPath(path).parts
    place = next((place for place, part in enumerate(parts) if part in _IN_CACHE), 0)
    return str(PurePosixPath(*parts[:place])) if place > 1 else ""


def _list_home(home: str) -> Iterator[PrivateWord]:
    plain = home.rstrip("/")
    if plain.startswith("/"):
        yield PrivateWord(rule=PrivacyRule.FOLDER, word=plain, stand_in=HOME)
        yield _name(PrivacyRule.USER, PurePosixPath(plain).name, "somebody")


def _list_here(here: Here) -> Iterator[PrivateWord]:
    yield from _list_home(here.home)
    for rule, word, stand_in in ((PrivacyRule.USER, here.user, "somebody"), (PrivacyRule.NODE, here.host, "computer")):
        if word:
            yield _name(rule, word, stand_in)
        short = word.partition(".")[0]
        if rule is PrivacyRule.NODE and short not in ("", word):
            yield _name(rule, short, stand_in)
