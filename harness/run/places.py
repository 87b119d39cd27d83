"""Where a verb works: its folders by the settings, and the node and the cache, which it holds meanwhile."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UnfitError, UsageError
from harness.records.plan import Phase, Step
from harness.records.record import is_text
from harness.records.run import Run
from harness.settings.layer import Settings
from harness.system.cache.usage import hold_machine, occupy
from harness.system.console import Console
from harness.system.disk import expand_home, make_empty, make_folder, require_free, require_programs
from harness.system.lock import claim_folder, node_lock
from harness.system.process.orphan import stop_all

# What a Debug build of v1.8.5 takes, rounded up.
BUILD_BYTES = 300_000_000
# Of a comma the linker makes two options (-Wl,-rpath,...), of a colon two folders; CMake takes a semicolon for a list.
_SEPARATORS = frozenset(",:;")


def cache_folder(settings: Settings) -> Path:
    """Return the cache folder: the setting's, else the user's; raises UsageError where no build could lie in it."""
    import platformdirs

    chosen = settings.text("cache")
    try:
        folder = expand_home(chosen).absolute() if chosen else platformdirs.user_cache_path("whisper-harness")
    except RuntimeError as error:
        hint = "name one with --cache FOLDER (HARNESS_CACHE), or set HOME"
        raise UnfitError("there is no home folder to keep the cache in", cause=str(error), hint=hint) from None
    if not is_text(str(folder)):
        raise UsageError("the path of the cache holds bytes that are not UTF-8", hint="--cache DIR with a plain name")
    if broken := sorted(_SEPARATORS & set(str(folder.relative_to(folder.anchor)))):
        cause = f"{broken[0]!r} separates the words of a linker or of CMake: no build below it would link"
        raise UsageError(f"the path of the cache cannot be built in: {folder}", cause=cause, hint="--cache DIR")
    return folder


def results_folder(settings: Settings) -> Path:
    """Return the folder that holds all bundles."""
    return expand_home(settings.text("results")).absolute()


def name_folders(settings: Settings) -> str:
    """Return the options by which another command finds the folders of this one."""
    results = f"--results {shlex.quote(str(results_folder(settings)))}"
    return results if settings.is_default("cache") else f"{results} --cache {shlex.quote(str(cache_folder(settings)))}"


def list_own(settings: Settings) -> tuple[str, ...]:
    """Return the absolute paths of what the harness keeps: it is not part of a tree that it lies in.

    Results are known by their names. A link on the way to their folder is in the list, for git takes it for a file.
    """
    cache, package = cache_folder(settings), Path(__file__).resolve().parents[1]
    checkout = package.parent if (package.parent / "third_party" / "sources.toml").is_file() else package
    links = (path for place in (results_folder(settings), cache) for path in (place, *place.parents))
    own = (cache.resolve(), checkout, Path(sys.prefix).resolve(), *(path for path in links if path.is_symlink()))
    return tuple(map(str, dict.fromkeys(own)))


def make_room(step: Step, run: Run) -> None:
    """Make the folder that a step writes into; raises UnfitError where there is no room for it."""
    if step.wipe:  # a stale CMake cache could quietly turn options off
        make_empty(Path(step.wipe))
        require_free(Path(step.wipe), BUILD_BYTES, what="a build")
    for product in step.products:
        make_folder(Path(product).parent)
    for weights in run.weights:
        if step.phase is Phase.QUANTISE and weights.path in step.products:
            require_free(Path(weights.path).parent, weights.size_bytes, what=weights.model)


@contextlib.contextmanager
def hold_node(settings: Settings, console: Console) -> Iterator[None]:
    """Hold the node for whatever disturbs or is disturbed, and the cache against being pruned meanwhile.

    What a killed harness has left running is ended.
    Raises UnfitError where what is built in the cache could not be executed.
    """
    cache, wait = cache_folder(settings), settings.flag("wait")
    require_programs(cache)
    with (
        node_lock(wait=wait, note=console.warn),
        occupy(cache, note=console.warn),
        hold_machine(cache, wait=wait, note=console.warn),
    ):
        # A compiler that goes on would write into the build that is about to be made, of files as they were.
        _stop_left(settings, console)
        try:
            yield
        finally:
            _stop_left(settings, console)


def _stop_left(settings: Settings, console: Console) -> None:
    """End what runs and builds have left running that are over, such as a server that a build has started."""
    for name in stop_all(lambda bundle: _is_dead(bundle, results_folder(settings), cache_folder(settings))):
        console.note(f"ended {name}, which was still running")


def _is_dead(bundle: Path, results: Path, cache: Path) -> bool:
    """Return whether a run among the results, or a build in the cache, has no harness any more; the node is held."""
    if bundle.parent == cache.resolve() / "logs":
        return True
    if bundle.is_relative_to(results.resolve()) and not os.path.lexists(bundle):  # sealed since, or removed
        return True
    claim = claim_folder(bundle) if bundle.is_relative_to(results.resolve()) else None
    if claim:
        claim.close()
    return claim is not None
