"""The folders that the settings name."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnfitError, UsageError
from harness.records.record import is_text
from harness.run.places import Workplace
from harness.settings.layer import Settings
from harness.settings.request import Places
from harness.system.console import Console

# Of a comma the linker makes two options (-Wl,-rpath,...), of a colon two folders; CMake takes a semicolon for a list.
_SEPARATORS = frozenset(",:;")


def open_workplace(settings: Settings, environ: Mapping[str, str], console: Console) -> Workplace:
    """Return where a command works; raises UsageError where no build could lie in the cache."""
    return Workplace(places=resolve_places(settings), environ=environ, console=console)


def resolve_places(settings: Settings) -> Places:
    """Return the folders of a command; raises UsageError where no build could lie in the cache."""
    return Places(
        cache=resolve_cache(settings),
        results=resolve_results(settings),
        named=not settings.is_default("cache"),
        wait=settings.flag("wait"),
    )


def is_dry(settings: Settings) -> bool:
    """Return whether a command is to say what it would do, and to stop there."""
    return settings.flag("dry_run")


def resolve_results(settings: Settings) -> Path:
    """Return the folder that holds all bundles."""
    return Path(settings.text("results")).absolute()


def resolve_cache(settings: Settings) -> Path:
    """Return the cache folder: the setting's, else the user's; raises UsageError where no build could lie in it."""
    import platformdirs

    chosen = settings.text("cache")
    try:
        folder = Path(chosen).absolute() if chosen else platformdirs.user_cache_path("whisper-harness")
    except RuntimeError as error:
        hint = "name one with --cache FOLDER (HARNESS_CACHE), or set HOME"
        raise UnfitError("there is no home folder to keep the cache in", cause=str(error), hint=hint) from None
    if not is_text(str(folder)):
        raise UsageError("the path of the cache holds bytes that are not UTF-8", hint="--cache DIR with a plain name")
    if broken := sorted(_SEPARATORS & set(str(folder.relative_to(folder.anchor)))):
        cause = f"{broken[0]!r} separates the words of a linker or of CMake: no build below it would link"
        raise UsageError(f"the path of the cache cannot be built in: {folder}", cause=cause, hint="--cache DIR")
    return folder
