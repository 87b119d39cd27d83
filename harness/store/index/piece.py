"""Bundles read in pieces: by several processes where there are many."""

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from harness.errors import UnreadableError
from harness.store.bundle import RUN
from harness.store.index.reader import BundleAddress
from harness.system.process.crew import share

_T = TypeVar("_T")
# The bundles of a piece, and what was read of each, or why it could not be.
ReadPiece = Callable[[tuple[BundleAddress, ...]], list[_T | UnreadableError]]


def read_pieces(
    read: ReadPiece[_T], places: Sequence[BundleAddress], size: int, least: int, note: Callable[[str], None]
) -> Iterator[tuple[BundleAddress, _T | UnreadableError]]:
    """Yield each bundle with what `read` returns for it, in order.

    `read` gets `size` bundles at a time; fewer than `least` such pieces are not worth other processes.
    """
    pieces = [tuple(places[first : first + size]) for first in range(0, len(places), size)]
    if len(pieces) < least:
        answers: Iterable[list[_T | UnreadableError]] = map(read, pieces)
    else:
        answers = share(read, pieces, fallen=_give_up, note=note)
    for piece, answer in zip(pieces, answers, strict=True):
        yield from zip(piece, answer, strict=True)


def gather(found: Iterator[_T], size: int) -> Iterator[list[_T]]:
    """Yield lists of so many values, the last one as long as it comes."""
    return iter(functools.partial(lambda: list(itertools.islice(found, size))), [])


def _give_up(places: tuple[BundleAddress, ...]) -> list[_T | UnreadableError]:
    cause = "the process that read it was killed twice, probably because memory ran out"
    return [UnreadableError(f"cannot read {month}{os.sep}{name}{os.sep}{RUN}", cause=cause) for month, name in places]
