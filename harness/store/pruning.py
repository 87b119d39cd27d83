"""The cache as it stands to the results: what unfinished runs still need, and the removal of what nobody needs."""

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.plan.prune import PruneLimits, choose_victims
from harness.records.cache_contents import CacheContents, PruneResult
from harness.settings.request import Places
from harness.store.bundle import PARTIAL, Bundle, load_run
from harness.system.cache.contents import probe_contents, remove_entry
from harness.system.cache.usage import close_gate, is_occupied
from harness.system.lock import is_held, node_lock, node_lock_path

# Paths in the cache, each with the reason why it is needed.
Needs = Collection[tuple[str, str]]


def look_into(places: Places) -> CacheContents:
    """Return what is in the cache; what a run in progress may use is in use."""
    return _probe(places, (), busy=is_occupied(places.cache) or is_held(node_lock_path()))


def prune(places: Places, limits: PruneLimits, *, note: Callable[[str], None], needed: Needs = ()) -> PruneResult:
    """Remove what is not in use and not `needed`, as far as the limits ask for it, and return what was removed."""
    folder = places.cache
    # Nobody is disturbed while measuring on this node, and nobody elsewhere begins to use what is about to go.
    with node_lock(wait=places.wait, note=note), close_gate(folder, note=note):
        stock = _probe(places, needed, busy=is_occupied(folder))
        removals = tuple(remove_entry(folder, entry) for entry in choose_victims(stock.entries, limits))
        return PruneResult(stock=_probe(places, needed, busy=False), removals=removals, done=True)


def _probe(places: Places, needed: Needs, *, busy: bool) -> CacheContents:
    every = (*needed, *_list_needs(places.results))
    return probe_contents(places.cache, now_s=time.time(), needed=every, busy=busy)


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
