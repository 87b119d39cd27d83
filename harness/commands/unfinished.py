"""`harness list --unfinished`: list the runs and bisections that did not finish, and what to do about each."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.request.place import resolve_results
from harness.errors import HarnessError, UnfitError, UnreadableError, UsageError
from harness.records.card import UnfinishedRun
from harness.records.listing import UnfinishedList
from harness.records.run import Run
from harness.render.plain import align
from harness.settings.layer import Settings
from harness.store.bisection_file import list_files, load_bisection, load_trials
from harness.store.bundle import BISECTION, PARTIAL, PLAN, Bundle, load_run
from harness.store.layout import BundlePlace, list_months
from harness.store.unfinished import is_file_there, require_own
from harness.system.lock import is_claimed

_ALL = "all"


def unfinished(settings: Settings, output: Output, remove: Sequence[str], *, yes: bool) -> int:
    """List the unfinished runs of all nodes, or remove those that `remove` names; return the exit code.

    Without `yes`, nothing is removed; what would be removed is printed.
    """
    results = resolve_results(settings)
    places = [BundlePlace(name, month.path) for month in list_months(results) for name in month.partials]
    found = [_describe(Path(place.path), place.node, results) for place in sorted(places)]
    begun = {run.trial.bisection for one in found if (run := _load(Path(one.path))) and run.trial}
    found += _list_searches(results, output, begun)
    if remove:
        return _remove(found, remove, results, output, yes=yes)
    rows = [(one.id, one.node, one.kind or "-", str(one.measured), one.next) for one in found]
    header = ("id", "node", "verb", "measured", "what to do")
    text = "".join(f"{line}\n" for line in align((header, *rows), left=len(header))) if rows else ""
    output.show(text, UnfinishedList(unfinished=tuple(found)))
    if not found:
        output.console.note(f"there are no unfinished runs in {results}")
    return 0


def _describe(path: Path, node: str, results: Path) -> UnfinishedRun:
    run, where = _load(path), f"--results {shlex.quote(str(results))}"
    name = path.name.removesuffix(PARTIAL)
    remove = f"harness list --unfinished --remove {name} --yes {where}"
    held, kind, after = is_claimed(path), run.verb if run else "", remove
    search = run.trial.bisection if run and run.trial else ""
    if search and is_file_there(results, node, search, BISECTION):
        after = f"harness bisect --resume {search} {where}"
    elif kind in ("ab", "bisect", "tune"):
        after = "nothing: the next ab, bisect, tune or run on this node will finish it"
    elif run and kind == "sweep" and is_file_there(results, node, run.sweep):
        after = f"harness sweep --resume {run.sweep} {where}"
    elif kind == "run" and (path / PLAN).is_file():
        after = f"harness run --resume {name} {where}"
    return UnfinishedRun(
        path=str(path),
        id=name,
        node=node,
        kind=kind,
        measured=sum(bool(result.measurements) for result in run.results) if run else 0,
        held=held,
        next="in progress: a process is measuring it now" if held else after,
    )


def _list_searches(results: Path, output: Output, listed: set[str]) -> list[UnfinishedRun]:
    """Return the bisections without an answer, except those of which unfinished runs are `listed`."""
    found = []
    for path in list_files(results):
        try:
            stored = load_bisection(path)
        except UnreadableError as error:
            output.console.warn(f"harness: {error}")
            continue
        if not stored.end and stored.id not in listed:
            trials = load_trials(results, stored, output.console.note, of_anybody=True)
            found.append(
                UnfinishedRun(
                    path=str(path),
                    id=stored.id,
                    node=stored.node,
                    kind="bisect",
                    measured=sum(bool(one.measurements) for _, pair in trials for run in pair for one in run.results),
                    held=False,
                    next=f"harness bisect --resume {stored.id} --results {shlex.quote(str(results))}",
                )
            )
    return found


def _load(path: Path) -> Run | None:
    try:
        return load_run(path)
    except HarnessError:
        return None


def _remove(found: Sequence[UnfinishedRun], words: Sequence[str], results: Path, output: Output, *, yes: bool) -> int:
    """Remove the named runs, except those that a process holds or that another user began."""
    chosen: dict[str, UnfinishedRun] = {}
    for word in words:
        named = [one for one in found if word == _ALL or one.id.startswith(word)]
        exact = [one for one in named if one.id == word] or named
        if not exact and word != _ALL:
            hint = "harness list --unfinished"
            raise UsageError(f"no unfinished run in {results} has an id that begins with {word!r}", hint=hint)
        if len(exact) > 1 and word != _ALL:
            hint = f"harness list --unfinished --remove {exact[0].id}"
            raise UsageError(f"{len(exact)} unfinished runs have an id that begins with {word!r}", hint=hint)
        chosen |= {one.path: one for one in exact}
    if not yes:
        for one in chosen.values():
            output.console.note(f"would remove {one.path}")
        output.console.note("nothing was removed: add --yes to remove them")
        output.show("".join(f"{one.id}\n" for one in chosen.values()), UnfinishedList(unfinished=(*chosen.values(),)))
        return 0
    left = 0
    for one in chosen.values():
        reason = _try_to_remove(Path(one.path))
        left += bool(reason)
        output.console.note(f"kept: {one.path}: {reason}" if reason else f"removed {one.path}")
    removed = tuple(one for one in chosen.values() if not Path(one.path).exists())
    output.show("".join(f"{one.id}\n" for one in removed), UnfinishedList(unfinished=removed))
    return UnfitError.exit_code if left else 0


def _try_to_remove(path: Path) -> str:
    """Return why an unfinished run was not removed, empty if it was."""
    try:
        require_own(path)
    except UsageError as error:
        return error.what
    if path.is_file():
        path.unlink()
        return ""
    bundle = Bundle(path)
    if not bundle.claim() and is_claimed(path):
        return "a process is measuring it now"
    bundle.discard()
    return "it could not be removed" if path.exists() else ""
