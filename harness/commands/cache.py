"""`harness cache`: list the contents of the cache folder; `harness cache prune`: free space there."""

import time
from collections.abc import Iterator
from pathlib import Path

from harness.commands.output import Output
from harness.commands.request.place import is_dry, resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, Verb, VerbGroup
from harness.errors import HarnessError, UnfitError, UsageError
from harness.plan.prune import PRUNABLE, PruneLimits, choose_kinds, choose_victims
from harness.records.cache_contents import CacheContents, PruneResult, Removal
from harness.records.record import Record
from harness.render.cache_contents import render_contents, render_pruning
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.settings.value import parse_size, require_age
from harness.store.bundle import PARTIAL, Bundle, load_run
from harness.system.cache.contents import probe_contents, remove_entry
from harness.system.cache.usage import close_gate, is_occupied
from harness.system.lock import is_held, node_lock, node_lock_path


class CacheWords(Record):
    """The arguments of the command line: ages and sizes as written, empty if not given."""

    prune: bool = False
    older: str = ""
    keep: str = ""
    kinds: tuple[str, ...] = ()
    yes: bool = False


def cache(settings: Settings, output: Output, words: CacheWords) -> int:
    """Print the contents of the cache, or prune it; return the exit code."""
    places, dry = resolve_places(settings), is_dry(settings)
    folder = places.cache
    limits = PruneLimits(
        older_s=require_age(words.older, "--older") if words.older else None,
        keep_bytes=parse_size(words.keep, "--keep") if words.keep else None,
        kinds=choose_kinds(words.kinds),
    )
    if not words.prune:
        stock = _probe(places, busy=is_occupied(folder) or is_held(node_lock_path()))
        output.show(render_contents(stock), stock)
        return 0
    if dry or not words.yes:
        stock = _probe(places, busy=is_occupied(folder) or is_held(node_lock_path()))
        victims = choose_victims(stock.entries, limits)
        pruning = PruneResult(stock=stock, removals=tuple(Removal(entry=one) for one in victims), done=False)
        output.show(render_pruning(pruning), pruning)
        return 0
    # Nobody is disturbed while measuring on this node, and nobody elsewhere begins to use what is about to go.
    note = output.console.warn
    with node_lock(wait=places.wait, note=note), close_gate(folder, note=note):
        stock = _probe(places, busy=is_occupied(folder))
        removals = tuple(remove_entry(folder, entry) for entry in choose_victims(stock.entries, limits))
        pruning = PruneResult(stock=_probe(places, busy=False), removals=removals, done=True)
    output.show(render_pruning(pruning), pruning)
    return UnfitError.exit_code if any(one.kept for one in removals) else 0


def _probe(places: Places, *, busy: bool) -> CacheContents:
    needed = tuple(_list_needs(places.results))
    return probe_contents(places.cache, now_s=time.time(), needed=needed, busy=busy)


def _list_needs(results: Path) -> Iterator[tuple[str, str]]:
    """Yield every path that is needed to resume an unfinished run, and why."""
    for path in sorted(results.glob(f"*/*/*{PARTIAL}")):
        try:
            run, plan = load_run(path), Bundle(path).load_plan()
        except (HarnessError, OSError):  # it cannot be resumed either
            continue
        why = f"{run.id} is not finished"
        places = [run.source.path, *(one.path for one in run.weights), *(step.cwd for step in plan.steps)]
        yield from ((place, why) for place in dict.fromkeys(places))


def _call(call: Call) -> int:
    words = CacheWords(
        prune=bool(call.text("action")),
        older=call.text("older"),
        keep=call.text("keep"),
        kinds=call.pieces("kind"),
        yes=call.flag("yes"),
    )
    if not words.prune and words != CacheWords():
        raise UsageError(
            "--older, --keep, --kind and --yes only apply to `prune`", hint="harness cache prune --older 30d"
        )
    return cache(call.settings, call.output, words)


VERB = Verb(
    name="cache",
    summary="list the contents of the cache folder, or free space there",
    group=VerbGroup.SET_UP,
    call=_call,
    arguments=(
        Argument(
            name="ACTION",
            metavar="prune",
            choices=("prune",),
            help="remove entries instead of listing them; without --yes, only say which",
        ),
        Argument(name="--older", metavar="AGE", help="remove entries that were not used for this long: 12h, 30d, 2w"),
        Argument(
            name="--keep",
            metavar="SIZE",
            help="then remove the least recently used entries until at most this much is left: 500MB, 20GB",
        ),
        Argument(
            name="--kind",
            takes=ArgumentKind.MANY,
            metavar="KIND",
            help=f"only entries of this kind: {', '.join(PRUNABLE)}; comma-separated or repeated",
        ),
        Argument(name="--yes", takes=ArgumentKind.SWITCH, help="really remove them"),
    ),
    examples=(
        ("harness cache", "its contents, largest first"),
        ("harness cache prune --older 30d --keep 20GB", "what would be removed"),
        ("harness cache prune --older 30d --yes", "remove it"),
    ),
)
