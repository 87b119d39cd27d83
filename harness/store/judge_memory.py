"""What the judge knew of a node when it was last asked, beside the index: with it, only new runs have to be judged.

It is a cache: where it is gone, damaged, or of other code, all runs are judged again, and come to the same.
"""

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from harness.errors import UnreadableError
from harness.judge.site_address import make_slug
from harness.records.history import NodeHistory, Series
from harness.settings.request import Places
from harness.stats.monitor_state import judge_on
from harness.store.index.access import index_folder
from harness.system.asset import package_digest
from harness.system.foreign import read_bytes
from harness.system.fresh import write_atomic

_ENDING = ".judged"
_SIGN = 32


def remember_judge(places: Places) -> Callable[[Sequence[Series]], NodeHistory]:
    """Return a judge of the series of one node that goes on from what it knew, and keeps what it knows then."""

    def judge(series: Sequence[Series]) -> NodeHistory:
        path = index_folder(places) / f"{make_slug(series[0].key.node)}{_ENDING}"
        known = _load(path)
        history, now = judge_on(series, known)
        if now and now != known:
            with contextlib.suppress(OSError):
                write_atomic(path, _sign(now) + now, durable=False)
        return history

    return judge


def _load(path: Path) -> bytes:
    """Return what is known; nothing where it is damaged, or was written by other code."""
    if not path.is_file():
        return b""
    try:
        content = read_bytes(path, within=path.parent)
    except UnreadableError:
        return b""
    known = content[_SIGN:]
    return known if content[:_SIGN] == _sign(known) else b""


def _sign(known: bytes) -> bytes:
    return hashlib.blake2b(known, digest_size=_SIGN, key=_name_code()).digest()


@lru_cache(maxsize=1)
def _name_code() -> bytes:
    return "".join(package_digest(room) for room in ("stats", "records")).encode()
