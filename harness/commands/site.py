"""`harness site`: a folder of pages over all results, to look at from disk or to publish."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from harness.commands.request.place import resolve_places
from harness.commands.verb import OUTPUT, Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UnreadableError, UsageError
from harness.records.record import Record, short_hash
from harness.records.wording import format_count
from harness.render.cache_contents import format_size
from harness.render.html.site import SitePlan
from harness.settings.request import Places
from harness.site.build import SiteOutcome, SiteRequest, build_site
from harness.site.material import Surroundings
from harness.store.bundle import require_outside
from harness.store.known_history import load_triage
from harness.store.site_manifest import MANIFEST
from harness.system.asset import load_page_kit, package_digest
from harness.system.page_server import serve_site

FOLDER = "site"
# The port of --serve where none is named; 0 is any that is free.
PORT = 8000
_HIGHEST = 65_535
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


class SiteWords(Record):
    """What the command line says about a site; `serve` is a port, empty for the usual one, None for no server."""

    folder: str = FOLDER
    nodes: tuple[str, ...] = ()
    base_url: str = ""
    serve: str | None = None
    every_run: bool = False
    force: bool = False


class SiteSummary(Record):
    """A site as it was written: its folder, its nodes and those whose pages were made anew, and its files."""

    folder: str
    nodes: tuple[str, ...]
    new: tuple[str, ...]
    written: int
    kept: int
    removed: int
    size_bytes: int
    unreadable: tuple[str, ...]


def site(call: Call, words: SiteWords) -> int:
    """Write the site of the results, and serve it if that is wanted; return 0, or the code of unreadable input."""
    places, console = resolve_places(call.settings), call.output.console
    base_url = read_base_url(words.base_url)
    port = None if words.serve is None else _read_port(words.serve)
    folder = _choose_folder(words.folder, places)
    triage = load_triage(places.results)
    kit = load_page_kit()
    plan = SitePlan(
        base_url=base_url,
        every_run=words.every_run,
    )
    request = SiteRequest(
        folder=folder,
        plan=plan,
        made_by=short_hash(package_digest(), plan),
        nodes=words.nodes,
        force=words.force,
    )
    outcome = build_site(request, kit, Surroundings(places, call.environ, console, triage))
    summary = _sum_up(folder, outcome)
    call.output.show(_describe(summary), summary)
    if port is not None:
        serve_site(folder, port, note=console.warn)
    return UnreadableError.exit_code if outcome.unreadable else 0


def read_base_url(text: str) -> str:
    """Return the address of a site with a slash at its end; raises UsageError for one that is no address of a site."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or _CONTROL.search(text):
        flaw = "it is not an http or https address"
    elif parts.username is not None or parts.password is not None:
        flaw = "it has a login in it, which every page would show"
    elif parts.query or parts.fragment:
        flaw = "it has a query or a fragment (? or #)"
    else:
        return text if text.endswith("/") else f"{text}/"
    raise UsageError(f"--base-url {text!r} cannot be used", cause=flaw, hint="--base-url https://example.org/speed/")


def _read_port(text: str) -> int:
    if not text:
        return PORT
    if text.isdecimal() and text.isascii() and int(text) <= _HIGHEST:
        return int(text)
    raise UsageError(
        f"--serve {text}: expected a port up to {_HIGHEST}", hint=f"--serve {PORT}  # or 0 for any free one"
    )


def _choose_folder(text: str, places: Places) -> Path:
    """Return the folder of the site; raises UsageError for one in a run, or among the results or the cache."""
    folder = Path(text or FOLDER).absolute()
    require_outside(folder / MANIFEST)
    real = folder.resolve()
    for place, what in ((places.results, "results"), (places.cache, "cache")):
        inner = place.resolve()
        if real == inner or inner in real.parents:
            raise UsageError(
                f"{folder} lies in the {what}",
                cause=f"a folder in {place} would be taken for one of the {what}",
                hint="-o DIR  # a folder elsewhere",
            )
    return folder


def _sum_up(folder: Path, outcome: SiteOutcome) -> SiteSummary:
    files = outcome.files
    return SiteSummary(
        folder=str(folder),
        nodes=outcome.nodes,
        new=outcome.new,
        written=files.written,
        kept=files.kept,
        removed=files.removed,
        size_bytes=files.size_bytes,
        unreadable=outcome.unreadable,
    )


def _describe(done: SiteSummary) -> str:
    """Return what became of a site, and how to look at it."""
    size = format_size(done.size_bytes)
    changed = f"{format_count(done.written, 'file')} written" if done.written else "nothing has changed"
    removed = f", {done.removed} removed" if done.removed else ""
    lines = [
        f"{done.folder}: {format_count(len(done.nodes), 'node')}, {size}; {changed}{removed}",
        f"open {done.folder}/index.html",
    ]
    if not done.nodes:
        lines.insert(1, "the results hold no run yet: harness run measures one; --results DIR names another folder")
    if done.unreadable:
        lines.insert(1, f"{format_count(len(done.unreadable), 'thing')} could not be read: see unreadable.html there")
    return "\n".join(lines)


def _call(call: Call) -> int:
    return site(
        call,
        SiteWords(
            folder=call.text("output"),
            nodes=call.words("node"),
            base_url=call.text("base_url"),
            serve=call.maybe("serve"),
            every_run=call.flag("all_runs"),
            force=call.flag("force"),
        ),
    )


VERB = Verb(
    name="site",
    call=_call,
    arguments=(
        OUTPUT.replace(
            words=CompletionSource.FOLDER,
            help=f"the folder of the site (default: {FOLDER}); only what changed is written",
        ),
        Argument(name="--node", takes=ArgumentKind.MANY, metavar="NAME", help="only this node (repeatable)"),
        Argument(
            name="--all-runs",
            takes=ArgumentKind.SWITCH,
            help="a page for every run; without it, for the newest 30 of each node and those that events name",
        ),
        Argument(name="--base-url", metavar="URL", help="where the site will be hosted, for addresses that are whole"),
        Argument(
            name="--serve",
            takes=ArgumentKind.MAYBE,
            metavar="PORT",
            help="afterwards show it on this computer alone, at http://127.0.0.1:PORT/, until Ctrl-C "
            f"(default: {PORT}; 0: any port that is free)",
        ),
        Argument(
            name="--force",
            takes=ArgumentKind.SWITCH,
            help="write into a folder that holds other files; they stay, unless a page has the same name",
        ),
    ),
    examples=(
        ("harness site -o site", "write the pages; open site/index.html"),
        ("harness site --serve", "write them to ./site and look at them in a browser"),
        ("harness site -o public --base-url https://example.org/speed/", "to be hosted there"),
    ),
)
