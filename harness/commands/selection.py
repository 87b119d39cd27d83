"""The runs that a command line names, with warnings about those that cannot be read."""

from collections.abc import Sequence
from pathlib import Path

from harness.commands.list import read_cards, read_dates
from harness.commands.output import Output
from harness.commands.request.place import resolve_places, resolve_results
from harness.errors import UnreadableError, UsageError
from harness.records.card import RunFilter
from harness.settings.layer import Settings, nearest
from harness.settings.value import split_pair
from harness.store.find import StoredRun, find_runs

_KEYS = RunFilter.__struct_fields__


def select_runs(settings: Settings, output: Output, words: Sequence[str]) -> tuple[tuple[StoredRun, ...], int]:
    """Return the runs that `words` name, and an exit code: 0, or the code for unreadable input.

    KEY=VALUE words name the runs that match all of them. With `all`, a run that cannot be read causes a warning and is
    left out. Raises what `find_runs` raises, and UsageError if no run matches.
    """
    pieces = [piece for word in words for piece in _split(word)]
    wanted = dict(pair for piece in pieces if (pair := _parse(piece)))
    named = [piece for piece in pieces if not _parse(piece)]
    paths = _choose(settings, output, wanted) if wanted else []
    found = find_runs(resolve_results(settings), [*named, *paths], output.console.warn)
    for error in found.unread:
        output.console.warn(f"harness: {error}")
    return found.stored, UnreadableError.exit_code if found.unread else 0


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
    if key not in _KEYS or not value:
        raise UsageError(f"{word!r}: unknown key {key!r}", hint=nearest(key, _KEYS))
    return pair


def _choose(settings: Settings, output: Output, wanted: dict[str, str]) -> list[str]:
    places = resolve_places(settings)
    listing = read_cards(places, output, read_dates(RunFilter(**wanted)), bare=True)
    if not listing.chosen:
        asked = " ".join(f"{key}={value}" for key, value in wanted.items())
        raise UsageError(f"no run in {places.results} matches {asked}", hint="harness list")
    return [one.path for one in listing.chosen]
