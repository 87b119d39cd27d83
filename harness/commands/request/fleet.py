"""The fleet that a file describes, with its folders as absolute paths."""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.parse.fleet import EXAMPLE, parse_fleet
from harness.parse.tool.remote_copy import is_remote
from harness.records.fleet import Fleet, NodeClass
from harness.settings.layer import Settings, nearest
from harness.settings.request import Places
from harness.system.disk import expand_home
from harness.system.foreign import MissingError, read_text

# The file in the current folder, unless --file names another.
FLEET_FILE = "fleet.toml"
_BELOW = ("./", "../")


def load_fleet(path: Path) -> Fleet:
    """Return the fleet of a file; raises UsageError for a file that is missing or wrong, UnreadableError for others.

    Folders that are not on another computer become absolute: `~` is the home folder, and others begin at the file's.
    """
    try:
        text = read_text(path)
    except MissingError:
        example = "".join(f"\n           {line}" for line in EXAMPLE.splitlines())
        hint = f"--file PATH  # or write it; the shortest one that does something is:{example}"
        raise UsageError(f"there is no {path}", cause="it says what each node of a fleet runs", hint=hint) from None
    fleet = parse_fleet(text, str(path))
    folder = path.absolute().parent
    results = _place(fleet.results, folder)
    return fleet.replace(results=results, classes=tuple(_place_class(one, folder, results) for one in fleet.classes))


def choose_classes(fleet: Fleet, names: Sequence[str]) -> Fleet:
    """Return a fleet with the named classes alone, all of them if none is named; raises UsageError for an unknown."""
    known = [one.name for one in fleet.classes]
    for name in names:
        if name not in known:
            raise UsageError(f"--class {name}: the fleet {fleet.name} has no such class", hint=nearest(name, known))
    return fleet.replace(classes=tuple(one for one in fleet.classes if not names or one.name in names))


def settle_places(places: Places, fleet: Fleet, settings: Settings) -> Places:
    """Return the folders of a command about a fleet: those that the command line names, else those of the file."""
    flags = {one.name for one in settings.from_flags}
    return places.replace(
        results=places.results if "results" in flags else Path(fleet.results),
        database=places.database if "database" in flags or not fleet.database else fleet.database,
    )


def _place_class(one: NodeClass, folder: Path, results: str) -> NodeClass:
    """Return a class with absolute folders; its nodes write into the results of the fleet if it names no others.

    A `~` in the cache is for the node to read, since its home folder may be another one.
    """
    jobs = tuple(
        job.replace(
            settings=tuple((name, tuple(_place_word(word, folder) for word in words)) for name, words in job.settings),
            words=tuple(_place_word(word, folder) for word in job.words),
        )
        for job in one.jobs
    )
    cache = one.cache if not one.cache or one.cache.startswith("~") else _place(one.cache, folder)
    return one.replace(jobs=jobs, results=_place(one.results, folder) if one.results else results, cache=cache)


def _place(word: str, folder: Path) -> str:
    if is_remote(word):
        return word
    return str(folder / expand_home(word))


def _place_word(word: str, folder: Path) -> str:
    """Return a word of a job; what begins with a dot and a slash is a path beside the file, and all else stays."""
    return str(folder / word) if word.startswith(_BELOW) else word
