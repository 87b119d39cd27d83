"""The places a command works in: its folders, and the node and the cache, which it locks meanwhile."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from harness.records.plan import Phase, Step
from harness.records.run import Run
from harness.settings.request import Places
from harness.system.cache.usage import hold_machine, occupy
from harness.system.console import Console
from harness.system.disk import make_empty, make_folder, require_free, require_programs
from harness.system.lock import claim_folder, node_lock
from harness.system.process.orphan import stop_all

# What a Debug build of v1.8.5 takes, rounded up.
BUILD_BYTES = 300_000_000


class Workplace(NamedTuple):
    """Where a command works: its folders, its environment variables, and the console that it prints to."""

    places: Places
    environ: Mapping[str, str]
    console: Console


def list_own(places: Places) -> tuple[str, ...]:
    """Return the absolute paths of the harness's own files, which are not part of a source tree that contains them.

    Results are recognised by their names. Links on the way to their folder are included, because git treats a link as
    a file.
    """
    cache, package = places.cache, Path(__file__).resolve().parents[1]
    checkout = package.parent if (package.parent / "third_party" / "sources.toml").is_file() else package
    links = (path for place in (places.results, cache) for path in (place, *place.parents))
    own = (cache.resolve(), checkout, Path(sys.prefix).resolve(), *(path for path in links if path.is_symlink()))
    return tuple(map(str, dict.fromkeys(own)))


def make_room(step: Step, run: Run) -> None:
    """Make the folders that a step writes to; raises UnfitError if there is not enough disk space."""
    if step.wipe:  # a stale CMake cache could quietly turn options off
        make_empty(Path(step.wipe))
        require_free(Path(step.wipe), BUILD_BYTES, what="a build")
    for product in step.products:
        make_folder(Path(product).parent)
    for weights in run.weights:
        if step.phase is Phase.QUANTISE and weights.path in step.products:
            require_free(Path(weights.path).parent, weights.size_bytes, what=weights.model)


@contextlib.contextmanager
def hold_node(work: Workplace) -> Iterator[None]:
    """Hold the node, so that nothing else measures or disturbs, and keep the cache from being pruned meanwhile.

    Processes that a killed harness left behind are ended.
    Raises UnfitError if programs built in the cache cannot be executed.
    """
    cache, wait, note = work.places.cache, work.places.wait, work.console.warn
    require_programs(cache)
    with node_lock(wait=wait, note=note), occupy(cache, note=note), hold_machine(cache, wait=wait, note=note):
        # A compiler left running would write outdated files into the build that is about to be made.
        _stop_left(work)
        try:
            yield
        finally:
            _stop_left(work)


def _stop_left(work: Workplace) -> None:
    """End the processes that finished runs and builds left behind, such as a server that a build started."""
    for name in stop_all(lambda bundle: _is_dead(bundle, work.places.results, work.places.cache)):
        work.console.note(f"ended {name}, left running by an earlier run or build")


def _is_dead(bundle: Path, results: Path, cache: Path) -> bool:
    """Return whether no harness works on a run or build any more; the caller holds the node."""
    if bundle.parent == cache.resolve() / "logs":
        return True
    if bundle.is_relative_to(results.resolve()) and not os.path.lexists(bundle):  # sealed since, or removed
        return True
    claim = claim_folder(bundle) if bundle.is_relative_to(results.resolve()) else None
    if claim:
        claim.close()
    return claim is not None
