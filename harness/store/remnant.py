"""What is left of runs that did not come to their end."""

from collections.abc import Iterable
from pathlib import Path

from harness.store.bundle import PARTIAL, RUN

KEPT = "what is done is kept"


def describe_kept(bundles: Iterable[Path]) -> str:
    """Return what has become of unfinished runs, by what is on the disk now: somebody may have removed them."""
    paths = list(bundles)
    gone = [path for path in paths if not any((one / RUN).is_file() for one in (path, _final(path)))]
    if not gone:
        return KEPT
    if len(gone) == len(paths):
        return f"{gone[0]} was removed or moved meanwhile, with all that was measured"
    lost = f"{len(gone)} of {len(paths)} runs that were removed or moved meanwhile"
    return f"what is done is kept, but for {lost}: {gone[0]}, ..."


def _final(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(PARTIAL))
