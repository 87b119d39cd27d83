"""A question to the index of a results folder, with what a person sees meanwhile."""

from collections.abc import Callable
from typing import TypeVar

from harness.settings.request import Places
from harness.store.index.access import consult
from harness.store.index.index import RunIndex
from harness.system.console import Console

# More files read than this take long enough to say why.
_MANY = 200
_T = TypeVar("_T")


def ask_index(places: Places, console: Console, ask: Callable[[RunIndex], _T], *, rebuild: bool = False) -> _T:
    """Return the answer of `ask` from the index of the results; note how many runs were read, if that were many."""
    value, effort = consult(
        places,
        ask,
        note=console.warn_once,
        progress=lambda done, total: console.count("reading", done, total),
        rebuild=rebuild,
    )
    if effort.read >= _MANY:
        kept = f"could not write the index: {effort.trouble}" if effort.trouble else "the next list will be quick"
        console.note(f"read {effort.read} runs; {kept}")
    return value
