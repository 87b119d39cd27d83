"""The runs that a command line names, with warnings about those that cannot be read."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.list import read_cards, read_dates
from harness.commands.output import Output
from harness.commands.request.place import resolve_places, resolve_results
from harness.errors import UnfitError, UnreadableError, UsageError
from harness.records.card import RunFilter
from harness.settings.layer import Settings, nearest
from harness.settings.value import split_pair
from harness.store.find import StoredRun, find_runs

_KEYS = RunFilter.__struct_fields__


def select_runs(settings: Settings, output: Output, words: Sequence[str]) -> tuple[tuple[StoredRun, ...], int]:
    """Return the runs that `words` name, and an exit code: 0, or the code for unreadable input.

    KEY=VALUE words name the runs that match all of them. With those and with `all`, a run that cannot be read causes a
    warning and is left out. Raises what `find_runs` raises, and UsageError if no run matches.
    """
    named: list[str] = []
    wanted: dict[str, str] = {}
    for piece in (piece for word in words for piece in _split(word)):
        if pair := _parse(piece):
            if wanted.setdefault(*pair) != pair[1]:
                raise UsageError(f"{pair[0]} has two values: {wanted[pair[0]]} and {pair[1]}", hint="give one of them")
        else:
            named.append(piece)
    paths, unread = _choose(settings, output, wanted) if wanted else ([], False)
    found = find_runs(resolve_results(settings), [*named, *paths], output.console.warn)
    for error in found.unread:
        output.console.warn(f"harness: {error}")
    return found.stored, UnreadableError.exit_code if found.unread or unread else 0


def _split(word: str) -> list[str]:
    return [word] if _is_there(word) else [piece for piece in word.split(",") if piece]


def _is_there(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False  # too long, or not even a path


def _parse(word: str) -> tuple[str, str] | None:
    """Return key and value of a word KEY=VALUE; None for the name or path of a run."""
    pair = split_pair(word)
    if pair is None or "/" in pair[0] or _is_there(word):
        return None
    key, value = pair
    if key not in _KEYS:
        raise UsageError(f"{word!r}: unknown key {key!r}", hint=nearest(key, _KEYS))
    if not value:
        raise UsageError(f"{word!r} has no value", hint=f"{key}=VALUE, or leave it out")
    return pair


def _choose(settings: Settings, output: Output, wanted: dict[str, str]) -> tuple[list[str], bool]:
    """Return the paths of the runs that match, and whether some run could not be read."""
    places = resolve_places(settings)
    listing = read_cards(places, output, read_dates(RunFilter(**wanted)), bare=True)
    if not listing.chosen:
        asked = " ".join(f"{key}={value}" for key, value in wanted.items())
        raise UsageError(f"no run in {places.results} matches {asked}", hint="harness list")
    root = Path(listing.chosen[0].path).parents[2]  # the node and the month lie between
    if not root.is_dir():
        cause, hint = f"{root} is not on this computer", "run the same command where it is"
        raise UnfitError("the bundles of these runs cannot be read", cause=cause, hint=hint)
    return [one.path for one in listing.chosen], bool(listing.errors)
