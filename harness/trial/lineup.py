"""From the words of a live comparison to its two sides: which word is a folder, which a ref, and of what repository."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from harness.errors import UsageError
from harness.plan.side import ORIGINS, PATHS, SideRequest, parse_side
from harness.settings.request import LineupRequest
from harness.system.cache.entry import Note
from harness.system.disk import expand_home
from harness.system.source.checkout import Checkout, find_checkout
from harness.system.source.resolve import load_pins
from harness.system.source.tree import is_whisper, probe_tree

SideRequests = tuple[SideRequest, SideRequest]
_EXAMPLE = "harness ab HEAD ~/whisper.cpp"


def resolve_sides(lineup: LineupRequest, environ: Mapping[str, str], note: Note) -> SideRequests:
    """Return baseline and contender as described by two words, or by none; nothing is fetched yet.

    Unless a repository is named, a ref is looked up in the checkout on the other side, then in the checkout around the
    current folder; a ref that neither has is left for upstream. Without words, the commit at which the checkout left
    its default branch is compared with the checkout as it is. Raises UsageError for bad input.
    """
    words, extras = lineup.words, lineup.extras
    if len(words) not in (0, 2):
        hint = _EXAMPLE
        if len(words) == 1 and "=" not in words[0]:
            hint = f"harness ab HEAD {words[0]}" if words[0].startswith(PATHS) else f"harness ab {words[0]} ."
        raise UsageError(f"ab needs two sides, not {len(words)}: {' '.join(words)}", hint=hint)
    if not words:
        return _choose_checkout_sides(lineup, environ, note)
    full = [f"{word},{extra}" if extra else word for word, extra in zip(words, extras, strict=True)]
    around = find_checkout(Path(), environ)
    named = (find_checkout(Path(piece), environ) for one in full for piece in _split(one) if piece.startswith(PATHS))
    known = [checkout for checkout in (*named, around) if checkout]

    def is_folder(word: str) -> bool:
        folder = expand_home(word)
        if word.startswith(PATHS) or not folder.is_dir() or not _is_ref(word, known):
            return folder.is_dir()
        if is_whisper(folder):
            cause = "both a tree and a commit have this name"
            raise UsageError(
                f"{word!r} is ambiguous", cause=cause, hint=f"./{word} for the tree, ref={word} for the commit"
            )
        return False

    one, other = (parse_side(word, is_folder=is_folder) for word in full)
    _refuse_idle((one, other), lineup)
    if around and all(request.choose_source(lineup.shared).is_default for request in (one, other)):
        note(f"both sides use the default release; to measure {around.top} instead: --source {around.top}")
    return (
        _settle(one, _list_checkouts(other, around, lineup, environ), lineup, note),
        _settle(other, _list_checkouts(one, around, lineup, environ), lineup, note),
    )


def _choose_checkout_sides(lineup: LineupRequest, environ: Mapping[str, str], note: Note) -> SideRequests:
    folder, extras = Path(lineup.shared.tree), lineup.extras
    checkout = find_checkout(folder, environ)
    if checkout is None:
        cause = f"sides are optional only inside a checkout of whisper.cpp, and {folder.resolve()} is not in one"
        raise UsageError("ab needs two sides", cause=cause, hint=_EXAMPLE)
    base = checkout.find_base()
    tree = probe_tree(checkout.top, environ=environ, note=note, ours=lineup.shared.ours)
    if tree.commit.sha == base.sha and not tree.commit.dirty and not any(extras):
        raise UsageError(
            f"there is nothing to compare in {checkout.top}",
            cause=f"{tree.commit.short} is part of {base.name}, and no file differs from it",
            hint="harness ab REF .  # names two sides; or edit a file, or check out your branch",
        )
    own = f"{base.beyond} commit{'s' if base.beyond != 1 else ''} of its own"
    changes = "with uncommitted changes" if tree.commit.dirty else "without uncommitted changes"
    note(f"baseline   {base.sha[:8]}, the merge base of HEAD and {base.name}")
    note(f"contender  {checkout.top} as it is now: {tree.commit.short}, {own}, {changes}")
    baseline = _join(f"merge base with {base.name}", {"ref": base.sha, "repo": checkout.locate(base.sha)}, extras[0])
    contender = _join("the tree", {"source": str(checkout.top)}, extras[1])
    _refuse_idle((baseline, contender), lineup, but=["source"])
    return baseline, contender


def _join(label: str, origin: Mapping[str, str], extra: str) -> SideRequest:
    """Return a side with a known origin and the changes in `extra`."""
    if not extra:
        return SideRequest(label=label, values=tuple(origin.items()))
    request = parse_side(extra, is_folder=lambda word: expand_home(word).is_dir())
    if request.named:
        raise UsageError(
            f"{extra}: without sides, the checkout decides what is measured", hint=f"{_EXAMPLE}  # names both sides"
        )
    return replace(request, label=f"{label},{extra}", values=(*origin.items(), *request.values))


def _settle(request: SideRequest, checkouts: Sequence[Checkout], lineup: LineupRequest, note: Note) -> SideRequest:
    """Return a side with its ref resolved in the first of `checkouts` that has it, else unchanged."""
    mine = request.choose_source(lineup.shared)
    ref = mine.ref
    if not ref or mine.repo or mine.tree:
        return request
    for checkout in checkouts:
        found = checkout.find_commit(ref)
        if found:
            known_as = f", as {found.name}" if found.name != ref else ""
            note(f"{ref} is {found.sha[:8]}, found in {checkout.top}{known_as}")
            rest = tuple(pair for pair in request.values if pair[0] not in ORIGINS)
            return replace(request, values=(("ref", found.sha), ("repo", checkout.locate(found.sha)), *rest))
    for checkout in checkouts[:1]:
        checkout.require_elsewhere(ref)
        like = ", ".join(checkout.find_like(ref))
        note(f"{ref} is not in {checkout.top}{f' (similar: {like})' if like else ''}; trying upstream")
    return request


def _list_checkouts(
    other: SideRequest, around: Checkout | None, lineup: LineupRequest, environ: Mapping[str, str]
) -> list[Checkout]:
    """Return the checkouts in which a ref is looked up: the one on the other side, then the surrounding one."""
    tree = other.choose_source(lineup.shared).tree
    beside = find_checkout(Path(tree), environ) if tree else None
    return list({one.top: one for one in (beside, around) if one}.values())


def _is_ref(word: str, checkouts: Sequence[Checkout]) -> bool:
    return load_pins().find(word) is not None or any(checkout.find_commit(word) for checkout in checkouts)


def _split(words: str) -> list[str]:
    return [piece.strip().removeprefix("source=") for piece in words.split(",")]


def _refuse_idle(requests: SideRequests, lineup: LineupRequest, but: Sequence[str] = ()) -> None:
    """Raise UsageError for an option for the source that neither side uses."""
    for name in ORIGINS:
        if name in lineup.given and name not in but and not any(name in request.inherited for request in requests):
            hint = f"leave out --{name}"
            if name == "repo":
                hint = f"{hint}, or name a ref to look up there"
            raise UsageError(f"--{name} would have no effect: both sides already say what is measured", hint=hint)
