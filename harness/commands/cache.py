"""`harness cache`: list the contents of the cache folder; `harness cache prune`: free space there."""

from harness.commands.output import Output
from harness.commands.request.place import is_dry, resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, Verb
from harness.errors import UnfitError, UsageError
from harness.plan.prune import PRUNABLE, PruneLimits, choose_kinds, choose_victims
from harness.records.cache_contents import PruneResult, Removal
from harness.records.record import Record
from harness.render.cache_contents import render_contents, render_pruning
from harness.settings.layer import Settings
from harness.settings.value import parse_size, require_age
from harness.store.pruning import look_into, prune


class CacheWords(Record):
    """The arguments of the command line: ages and sizes as written, empty if not given."""

    prune: bool = False
    older: str = ""
    keep: str = ""
    kinds: tuple[str, ...] = ()
    yes: bool = False


def cache(settings: Settings, output: Output, words: CacheWords) -> int:
    """Print the contents of the cache, or prune it; return the exit code."""
    places, dry = resolve_places(settings), is_dry(settings)
    limits = PruneLimits(
        older_s=require_age(words.older, "--older") if words.older else None,
        keep_bytes=parse_size(words.keep, "--keep") if words.keep else None,
        kinds=choose_kinds(words.kinds),
    )
    if not words.prune:
        stock = look_into(places)
        output.show(render_contents(stock), stock)
        return 0
    if dry or not words.yes:
        stock = look_into(places)
        victims = choose_victims(stock.entries, limits)
        pruning = PruneResult(stock=stock, removals=tuple(Removal(entry=one) for one in victims), done=False)
        output.show(render_pruning(pruning), pruning)
        return 0
    pruning = prune(places, limits, note=output.console.warn)
    output.show(render_pruning(pruning), pruning)
    return UnfitError.exit_code if any(one.kept for one in pruning.removals) else 0


def _call(call: Call) -> int:
    words = CacheWords(
        prune=bool(call.text("action")),
        older=call.text("older"),
        keep=call.text("keep"),
        kinds=call.pieces("kind"),
        yes=call.flag("yes"),
    )
    if not words.prune and words != CacheWords():
        raise UsageError(
            "--older, --keep, --kind and --yes only apply to `prune`", hint="harness cache prune --older 30d"
        )
    return cache(call.settings, call.output, words)


VERB = Verb(
    name="cache",
    call=_call,
    arguments=(
        Argument(
            name="ACTION",
            metavar="prune",
            choices=("prune",),
            help="remove entries instead of listing them; without --yes, only say which",
        ),
        Argument(name="--older", metavar="AGE", help="remove entries that were not used for this long: 12h, 30d, 2w"),
        Argument(
            name="--keep",
            metavar="SIZE",
            help="then remove the least recently used entries until at most this much is left: 500MB, 20GB",
        ),
        Argument(
            name="--kind",
            takes=ArgumentKind.MANY,
            metavar="KIND",
            help=f"only entries of this kind: {', '.join(PRUNABLE)}; comma-separated or repeated",
        ),
        Argument(name="--yes", takes=ArgumentKind.SWITCH, help="really remove them"),
    ),
    examples=(
        ("harness cache", "its contents, largest first"),
        ("harness cache prune --older 30d --keep 20GB", "what would be removed"),
        ("harness cache prune --older 30d --yes", "remove it"),
    ),
)
