"""The run that `run --like` names, and what it asks for on this node."""

import contextlib
import shlex
from pathlib import Path
from typing import NamedTuple

from harness.commands.request.measure import resolve_node, resolve_run
from harness.errors import HarnessError, UnfitError, UnreadableError, UsageError
from harness.judge.likeness import find_unlike
from harness.records.run import OURS, Run
from harness.records.source import SourceRequest
from harness.run.places import Workplace, list_own
from harness.settings.layer import Settings
from harness.settings.likeness import take_likeness
from harness.settings.request import RunRequest
from harness.store.bundle_import import find_bundles
from harness.store.find import StoredRun, find_runs
from harness.store.importer import open_scratch
from harness.system.source.resolve import resolve_source
from harness.system.unpack import is_archive, unpack


class LikeRun(NamedTuple):
    """A run to be like, the word by which other commands find it, and whether it lies in an archive."""

    run: Run
    word: str
    packed: bool = False


def find_like(work: Workplace, word: str) -> LikeRun:
    """Return the one run that a word names: an id, `latest`, the path of a bundle, of a report or of an archive.

    Raises UsageError if it names none or several, UnreadableError if it cannot be read.
    """
    results = work.places.results
    with contextlib.ExitStack() as stack:
        packed = Path(word).is_file() and is_archive(Path(word))
        inside = word
        if packed:
            inside = str(_unpack(Path(word), results, stack))
        stored = find_runs(results, [inside], work.console.warn).stored
    if len(stored) != 1:
        ids = "\n         ".join(one.run.id for one in stored[:8])
        raise UsageError(f"--like {word} names {len(stored)} runs", hint=f"one of\n         {ids}")
    return LikeRun(stored[0].run, _name(stored[0], results, word, packed=packed), packed)


def resolve_like(settings: Settings, work: Workplace, like: LikeRun) -> RunRequest:
    """Return the request of a run like another one, and print what is known not to be the same.

    Raises UsageError for a run that cannot be measured at all, UnavailableError for a source that is not here.
    """
    node = resolve_node(settings, work.environ)
    foreign = like.packed or like.run.node.name != node.name
    found = take_likeness(
        like.run,
        settings,
        node.cpu.cores,
        same_tree=not foreign and _has_tree(like.run, work),
        foreign=foreign,
    )
    for remark in found.remarks:
        work.console.note(f"not as in {like.run.id}: {remark}")
    return resolve_run(found.settings, work).replace(like=like.run)


def name_comparison(like: LikeRun, run: Run, results: str) -> str:
    """Return the command that compares a run with the one that it is like, and allows what differs."""
    groups = dict.fromkeys(one.group for one in find_unlike(like.run, run) if one.group and one.group != "commits")
    if like.run.node.name != run.node.name:
        groups = {"names": None, **groups}
    across = ["--across", ",".join(groups)] if groups else []
    command = shlex.join(["harness", "compare", like.word, run.id, *across, "--results", results])
    first = shlex.join(["harness", "import", like.word, "--results", results])
    return f"{first} && {command.replace(like.word, like.run.id, 1)}" if like.packed else command


def _unpack(archive: Path, results: Path, stack: contextlib.ExitStack) -> Path:
    folder = stack.enter_context(open_scratch(results)) / "unpacked"
    try:
        unpack(archive, folder)
    except OSError as error:
        raise UnfitError(f"{archive} cannot be unpacked", cause=error.strerror or str(error), hint="df .") from None
    except UnreadableError as error:
        hint = error.hint or f"harness share RUN -o {archive.name}  # where the run is; then copy it again"
        raise UnreadableError(error.what, cause=error.cause, hint=hint) from None
    bundles = find_bundles(folder).bundles
    if len(bundles) != 1:
        cause = f"it holds {len(bundles)} runs"
        hint = f"harness import {archive}  # then harness run --like ID, for one of them"
        raise UnreadableError(f"{archive} does not say which run to measure again", cause=cause, hint=hint)
    return bundles[0]


def _name(stored: StoredRun, results: Path, word: str, *, packed: bool) -> str:
    if packed:
        return word
    inside = Path(stored.path).is_relative_to(results)
    return f"{stored.run.node.name}/{stored.run.id}" if inside else stored.path


def _has_tree(run: Run, work: Workplace) -> bool:
    """Return whether the tree of the user's that a run measured is here, in the same state."""
    source = run.source
    if run.origin != OURS or not source.mutable or not Path(source.path).is_dir():
        return False
    places = work.places
    try:
        now = resolve_source(
            SourceRequest(tree=source.path, ours=list_own(places)),
            cache=places.cache,
            environ=work.environ,
            note=lambda _: None,
        )
    except HarnessError:
        return False
    return (now.commit.sha, now.commit.changes) == (source.commit.sha, source.commit.changes)
