"""The cache below its limit, without what the rest of a night needs."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.plan.prune import PRUNABLE, PruneLimits
from harness.render.cache_contents import format_size
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.store.pruning import prune
from harness.system.weights import WEIGHTS

_SHORT = 12
_WHY = "the night needs it"


def keep_limit(limit_bytes: int, shas: Iterable[str], request: NightRequest, work: Workplace) -> str:
    """Remove from the cache what was not used for the longest time, until it is below a limit.

    Nothing in use is removed, nor what belongs to the commits `shas`, nor clones and weights. Return what a reader must
    know: that the limit could not be kept; empty if it is kept.
    """
    needed = tuple(_list_needs(work.places.cache, shas, request))
    result = prune(work.places, PruneLimits(keep_bytes=limit_bytes), note=work.console.warn, needed=needed)
    gone = [one for one in result.removals if not one.kept]
    if gone:
        work.console.note(f"removed {len(gone)} unused entries of the cache, {format_size(result.freed_bytes)}")
    left = sum(one.size_bytes for one in result.stock.entries if one.kind in PRUNABLE)
    if left <= limit_bytes:
        return ""
    over = f"{format_size(left)} are in use or needed tonight, more than --cache-limit {format_size(limit_bytes)}"
    return f"the cache is over its limit: {over}"


def _list_needs(cache: Path, shas: Iterable[str], request: NightRequest) -> Iterator[tuple[str, str]]:
    for sha in shas:
        yield str(cache / "sources" / f"git-{sha[:_SHORT]}"), _WHY
        yield from ((str(path), _WHY) for path in (cache / "builds").glob(f"git-{sha[:_SHORT]}*"))
    yield from ((str(path), _WHY) for path in (cache / "repositories").glob("*.git"))
    for model in request.run.measure.suite.models:
        yield from ((str(path), _WHY) for path in (cache / WEIGHTS).glob(f"*{model}*.bin"))
