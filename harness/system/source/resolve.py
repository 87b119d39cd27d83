"""From the user's request to a tree on disk and its commit."""

import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from harness.errors import HarnessError, LimitError, UnavailableError, UsageError
from harness.parse.pin import nearest_names, parse_pins
from harness.records.source import Pins, Release, Source, SourceRequest
from harness.system.asset import third_party
from harness.system.cache.entry import Note
from harness.system.source.checkout import find_checkout
from harness.system.source.repository import obtain_commit
from harness.system.source.sdist import obtain_release
from harness.system.source.tree import is_whisper, probe_tree


def load_pins() -> Pins:
    """Return the pinned releases that come with the harness."""
    return parse_pins(third_party("sources.toml").read_text(encoding="utf-8"))


def resolve_source(
    request: SourceRequest,
    *,
    cache: Path,
    environ: Mapping[str, str],
    note: Note,
    pins: Pins | None = None,
) -> Source:
    """Return the tree to measure.

    A folder is used as it is; one inside a checkout of whisper.cpp stands for the whole checkout. A pinned release
    always comes from the package index, small and verified, so that the same request gives the same files on every
    node; only if no index has it, it comes from git. Any other ref, and everything from another repository, comes from
    git. Raises UsageError for a tree or ref that does not exist, UnavailableError if the network is needed but not
    available.
    """
    if request.tree:
        if request.ref or request.repo:
            hint = "leave out --ref and --repo, or --source"
            if not request.repo:
                hint = f"--repo {shlex.quote(request.tree)} --ref {request.ref}  # that commit of a clone"
            raise UsageError(
                "--source measures a tree as it is, and cannot be combined with --ref or --repo", hint=hint
            )
        tree = _find_top(Path(request.tree), environ, note)
        if cache.resolve() == tree.resolve():
            cause = "builds, sources and weights would be stored among its files"
            raise UsageError(
                f"the cache cannot be the source tree itself: {tree}",
                cause=cause,
                hint="--cache DIR  # a folder elsewhere",
            )
        return probe_tree(tree, environ=environ, note=note, ours=request.ours)
    pins = pins or load_pins()
    release = None if request.repo else pins.find(request.ref)
    if release is None:
        return _from_git(request, pins, cache=cache, environ=environ, note=note)
    return _from_index(release, pins, cache=cache, environ=environ, note=note)


def show_under(cache: Path, alias: str, path: str) -> str:
    """Return another path of a source in the cache: a link that leads to it until another one is shown there."""
    link = cache / "sources" / alias
    fresh = link.with_name(f".{alias}-{secrets.token_hex(4)}")
    fresh.symlink_to(path)
    fresh.replace(link)
    return str(link)


def hide(cache: Path, alias: str) -> None:
    """Remove the link that `show_under` made, if there is one."""
    link = cache / "sources" / alias
    if link.is_symlink():
        link.unlink()


def _find_top(folder: Path, environ: Mapping[str, str], note: Note) -> Path:
    """Return the top of the checkout around a folder, else the folder itself."""
    if is_whisper(folder):
        return folder
    checkout = find_checkout(folder, environ)
    if checkout is None:
        return folder
    note(f"{folder} is inside the checkout {checkout.top}, which is measured")
    return checkout.top


def _from_index(release: Release, pins: Pins, *, cache: Path, environ: Mapping[str, str], note: Note) -> Source:
    try:
        source = obtain_release(release, pins.repo, cache=cache, environ=environ, note=note)
    except UnavailableError as failure:
        note(f"{failure.what} ({failure.cause}): trying git")
        try:
            return obtain_commit(pins.repo, release.sha or release.tag, cache=cache, environ=environ, note=note)
        except LimitError:
            raise
        except HarnessError as second:
            cause = f"{failure.cause}; and {second.line}"
            raise UnavailableError(failure.what, cause=cause, hint=failure.hint) from None
    if source.pruned:
        note(
            f"{release.tag} from the package index holds only the library; for all of it: --ref {release.tag} --repo "
            f"{pins.repo}"
        )
    return source


def _from_git(request: SourceRequest, pins: Pins, *, cache: Path, environ: Mapping[str, str], note: Note) -> Source:
    if request.repo:
        return obtain_commit(request.repo, request.ref, cache=cache, environ=environ, note=note)
    at_home = _find_at_home(request.ref, environ)
    if at_home:
        note(f"{request.ref} is looked up in {pins.repo}, not in the checkout that you are in; for that, use {at_home}")
    try:
        return obtain_commit(pins.repo, request.ref, cache=cache, environ=environ, note=note)
    except UsageError as failure:
        raise UsageError(failure.what, cause=failure.cause, hint=at_home or failure.hint) from None
    except UnavailableError as failure:
        tags = tuple(release.tag for release in pins.releases)
        nearest = nearest_names(request.ref, tags) or tags
        raise UnavailableError(
            f"{request.ref!r} is not a pinned release, and {failure.what}",
            cause=failure.cause,
            hint=at_home or f"{failure.hint}; without git, the package index has {', '.join(nearest)}",
        ) from None


def _find_at_home(ref: str, environ: Mapping[str, str]) -> str:
    """Return the options that take `ref` from the checkout of whisper.cpp around the current folder, if it has it."""
    checkout = find_checkout(Path(), environ)
    found = checkout.find_commit(ref) if checkout else None
    return f"--repo {shlex.quote(str(checkout.top))} --ref {found.sha}" if checkout and found else ""
