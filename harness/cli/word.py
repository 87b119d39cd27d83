"""The refs and runs that a shell completes. A user is waiting for them, so this module imports almost nothing."""

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.settings.name import FILE, PREFIX
from harness.system.foreign import read_text

# Nobody looks through more than this.
_MOST = 200
_UNFINISHED = ".partial"


def answer(argv: Sequence[str]) -> int:
    """Print the words that `harness completion --words KIND` asks for, one per line; return the exit code."""
    kind = argv[2] if len(argv) > 2 else ""
    try:
        words = list(_LISTED[kind](os.environ)) if kind in _LISTED else []
    except (
        HarnessError,
        ImportError,
        OSError,
        RuntimeError,
        ValueError,
    ):  # an error message would disturb the line that is being typed
        words = []
    sys.stdout.write("".join(f"{word}\n" for word in words if word.isprintable()))
    return 0


def _list_runs(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the ids of the newest runs, newest first, then the words that stand for runs."""
    results = Path(_find(environ, "results") or "results").expanduser()
    months = sorted(results.glob("*/[0-9]*/"), key=lambda path: path.name, reverse=True)
    names: set[str] = set()
    last = ""
    for month in months:  # of all nodes, and no further back than it takes
        if len(names) >= _MOST and month.name != last:
            break
        last = month.name
        with os.scandir(month) as entries:
            names |= {entry.name for entry in entries if entry.name[:1].isdecimal() and entry.is_dir()}
    names = {name for name in names if not name.endswith(_UNFINISHED)}
    yield from sorted(names, reverse=True)[:_MOST]
    yield from ("latest", "all", "sweep")


def _list_refs(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the pinned releases, then the refs of the sources in the cache."""
    package = Path(__file__).resolve().parents[1]
    pins = next((path for path in (package, package.parent) if (path / "third_party" / "sources.toml").is_file()), None)
    known: list[str] = []
    if pins:
        releases = tomllib.loads(read_text(pins / "third_party" / "sources.toml"))["release"]
        known = [str(release["tag"]) for release in releases]
    chosen = _find(environ, "cache")
    if not chosen:
        import platformdirs

        chosen = platformdirs.user_cache_dir("whisper-harness")
    cache = Path(chosen).expanduser()
    for note in sorted(cache.glob("used/sources--*"))[:_MOST]:
        known += read_text(note).split("\n")[:1]
    yield from dict.fromkeys(word for word in known if word and " " not in word)


def _find(environ: Mapping[str, str], name: str) -> str:
    """Return a setting from its variable or the settings file, empty if neither has it."""
    given = environ.get(f"{PREFIX}{name.upper()}", "")
    if given:
        return given
    try:
        found = tomllib.loads(read_text(Path(environ.get("HARNESS_CONFIG") or FILE))).get(name, "")
    except (HarnessError, OSError, ValueError):
        return ""
    return found if isinstance(found, str) else ""


_LISTED = {"runs": _list_runs, "refs": _list_refs}
