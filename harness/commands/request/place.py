"""The folders that the settings name."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnfitError, UsageError
from harness.records.record import is_text
from harness.run.places import Workplace
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.system.console import Console

# The linker splits options at commas (-Wl,-rpath,...) and paths at colons; CMake splits lists at semicolons.
_SEPARATORS = frozenset(",:;")


def open_workplace(settings: Settings, environ: Mapping[str, str], console: Console) -> Workplace:
    """Return the workplace of a command; raises UsageError if nothing can be built in the cache."""
    return Workplace(places=resolve_places(settings), environ=environ, console=console)


def resolve_places(settings: Settings) -> Places:
    """Return the folders of a command; raises UsageError if nothing can be built in the cache."""
    return Places(
        cache=resolve_cache(settings),
        results=resolve_results(settings),
        named=not settings.is_default("cache"),
        wait=settings.flag("wait"),
        database=settings.text("database"),
    )


def is_dry(settings: Settings) -> bool:
    """Return whether a command only prints what it would do."""
    return settings.flag("dry_run")


def resolve_results(settings: Settings) -> Path:
    """Return the folder that holds all bundles."""
    return Path(settings.text("results")).absolute()


def resolve_cache(settings: Settings) -> Path:
    """Return the cache folder: from the setting, else the user's; raises UsageError if nothing can be built in it."""
    import platformdirs

    chosen = settings.text("cache")
    try:
        folder = Path(chosen).absolute() if chosen else platformdirs.user_cache_path("whisper-harness")
    except RuntimeError as error:
        hint = "--cache DIR  # or set HARNESS_CACHE or HOME"
        raise UnfitError("there is no home folder for the cache", cause=str(error), hint=hint) from None
    if not is_text(str(folder)):
        raise UsageError(
            "the path of the cache contains bytes that are not UTF-8", hint="--cache DIR  # one with a plain name"
        )
    if broken := sorted(_SEPARATORS & set(str(folder.relative_to(folder.anchor)))):
        cause = f"linkers or CMake would split the path at {broken[0]!r}, and no build would link"
        raise UsageError(f"nothing can be built in the cache {folder}", cause=cause, hint="--cache DIR")
    return folder
