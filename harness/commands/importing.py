"""`harness import`: add bundles, sweeps, bisections and nights of other nodes, and ggml-ci reports, to the results."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.commands.output import Output
from harness.commands.request.place import resolve_results
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb
from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.records.node import NO_NAME
from harness.records.record import Record
from harness.records.report import ReportRemark
from harness.records.wording import format_count, join_words
from harness.settings.layer import Settings
from harness.store.bundle_import import FoundBundles, find_bundles, import_bundles
from harness.store.importer import ImportOutcome, import_entries, open_scratch
from harness.store.result_tree import IMPORTABLE, ReportEntry, find_entries
from harness.store.stored_import import find_kind, import_files, is_unfinished
from harness.system.unpack import is_archive, unpack

_SHOWN = 8
_NOTHING = (
    "it holds no bundle, no file of a sweep, a bisection or a night, and no README.md that begins with '## Summary'"
)


class UnknownLine(Record):
    """Something that was not understood, how often, and where first."""

    what: str
    count: int
    path: str
    line: int


class ImportTally(Record):
    """The result of an import: how many runs are new, already known, or updated because a report holds more of them.

    `sweeps`, `bisections` and `nights` are how many of their files are new, `failed` are the errors for what could not
    be imported.
    """

    new: int
    known: int
    richer: int
    failed: tuple[str, ...]
    misunderstood: tuple[UnknownLine, ...]
    sweeps: int = 0
    bisections: int = 0
    nights: int = 0


class _Found(NamedTuple):
    """What the paths stand for: reports, bundles, and files of sweeps, bisections and nights."""

    entries: list[ReportEntry]
    bundles: list[Path]
    files: list[Path]

    @property
    def total(self) -> int:
        """How many of them there are."""
        return len(self.entries) + len(self.bundles) + len(self.files)

    def __str__(self) -> str:
        """Return what is there, for people: `3 bundles and 1 sweep`."""
        counts = {"report": len(self.entries), "bundle": len(self.bundles), **Counter(map(_name_kind, self.files))}
        return join_words(_list_counts(counts) or ["0 reports"], "and")


def import_reports(settings: Settings, output: Output, *, paths: Sequence[str], node: str) -> int:
    """Add all bundles, files of sweeps and so on, and reports to the results, and print what was not understood.

    `node` is the node of reports whose folder does not name one. What cannot be read does not stop the others;
    the errors are raised together at the end (UnreadableError, or UnfitError if something could not be written).
    """
    results = resolve_results(settings)
    counts = dict.fromkeys(ImportOutcome, 0)
    misunderstood: dict[str, UnknownLine] = {}
    nameless = 0
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        names: dict[str, str] = {}  # of archives, by the folders that they are unpacked to
        unpacked, failures = _unpack(paths, results, stack, names)
        found = _find(unpacked, names, output, failures)
        if failures and not found.total:
            raise _complaint(failures, len(failures))
        total = found.total + len(failures)
        files: Counter[str] = Counter()
        if found.bundles or found.files:
            aside = stack.enter_context(open_scratch(results))
            for number, bundle in enumerate(import_bundles(found.bundles, results, aside)):
                output.console.count("importing", number, len(found.bundles))
                counts[bundle.placed] += 1
                failures += [_rename(bundle.error, names)] if bundle.error else []
            for file in import_files(found.files, results, aside):
                files[_name_kind(Path(file.path))] += file.placed is ImportOutcome.NEW
                failures += [_rename(file.error, names)] if file.error else []
        for number, taken in enumerate(import_entries(results, found.entries, node, note=output.console.warn)):
            output.console.count("importing", number, len(found.entries))
            counts[taken.placed] += 1
            nameless += taken.nameless
            if taken.placed is ImportOutcome.FAILED:
                kind = UnfitError if taken.unfit else UnreadableError
                failures.append(_rename(kind(taken.what, cause=taken.cause, hint=taken.hint), names))
            _gather(misunderstood, taken.entry.replace(path=_say(taken.entry.path, names)), taken.remarks)
    output.console.note(f"read {found} in {time.monotonic() - began:.1f} s")
    if nameless:
        listed = "names no node and is listed as a run" if nameless == 1 else "name no node and are listed as runs"
        output.console.note(f"{format_count(nameless, 'report')} {listed} of {NO_NAME!r}: --as-node NAME gives one")
    tally = ImportTally(
        new=counts[ImportOutcome.NEW],
        known=counts[ImportOutcome.KNOWN],
        richer=counts[ImportOutcome.RICHER],
        failed=tuple(str(error) for error in failures),
        misunderstood=tuple(sorted(misunderstood.values(), key=lambda one: -one.count)),
        sweeps=files["sweep"],
        bisections=files["bisection"],
        nights=files["night"],
    )
    output.show("\n".join(_render(tally, results)), tally)
    if failures:
        raise _complaint(failures, total)
    return 0


def _unpack(
    paths: Sequence[str], results: Path, stack: contextlib.ExitStack, names: dict[str, str]
) -> tuple[list[str], list[HarnessError]]:
    """Return the paths with each archive unpacked to a folder that is removed in the end, whose name `names` gets.

    Archives that cannot be unpacked have an error instead.
    """
    unpacked: list[str] = []
    errors: list[HarnessError] = []
    for path in paths:
        if not is_archive(Path(path)):
            unpacked.append(path)
            continue
        folder = stack.enter_context(open_scratch(results)) / "unpacked"
        names[str(folder)] = path
        try:
            unpack(Path(path), folder)
        except UnreadableError as error:
            errors.append(error)
            continue
        except OSError as error:
            what = f"{path} is not unpacked: cannot write to {results}"
            raise UnfitError(what, cause=error.strerror or str(error)) from None
        unpacked.append(str(folder))
    return unpacked, errors


def _say(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the names of archives in place of the folders that they are unpacked to."""
    for folder, name in names.items():
        text = text.replace(folder, name)
    return text


def _rename(error: HarnessError, names: Mapping[str, str]) -> HarnessError:
    return type(error)(_say(error.what, names), cause=_say(error.cause, names), hint=_say(error.hint, names))


def _find(paths: Sequence[str], names: Mapping[str, str], output: Output, errors: list[HarnessError]) -> _Found:
    """Return each report once, with its result folder if one of the paths is that folder, each bundle and file once.

    Print what is skipped, and add an error for each path with nothing in it, and for what cannot be opened.
    """
    bundles: dict[Path, None] = {}
    files: dict[Path, None] = {}
    left_out: list[str] = []
    trees = []
    for path in map(Path, paths):
        own = find_bundles(path) if path.is_dir() else FoundBundles([], [], [])
        finished = dict.fromkeys(one for one in own.files if not is_unfinished(one))
        begun = (one for one in own.files if one not in finished)
        unfinished = [*own.unfinished, *(f"{one} (an unfinished {_name_kind(one)})" for one in begun)]
        bundles |= dict.fromkeys(one.absolute() for one in own.bundles)
        files |= dict.fromkeys(one.absolute() for one in finished)
        try:
            tree = find_entries(path, needed=False)
        except HarnessError as error:
            raise _rename(error, names) from None
        if own.bundles or finished or tree.entries:
            trees.append(tree)
            left_out += [*unfinished, *tree.left_out]
            errors += [UnreadableError(_say(trouble, names)) for trouble in tree.unread]
        else:
            cause = "; ".join([*unfinished, *tree.unread]) or _NOTHING
            nothing = UnreadableError(f"there is nothing to import in {path}", cause=cause, hint=IMPORTABLE)
            errors.append(_rename(nothing, names))
    for left in left_out[:_SHOWN]:
        output.console.note(f"skipped {_say(left, names)}")
    if len(left_out) > _SHOWN:
        output.console.note(f"skipped {len(left_out) - _SHOWN} other links, special files and what is not finished")
    found = [entry for tree in trees for entry in tree.entries]
    found.sort(key=lambda entry: bool(entry.folder))
    entries = list({Path(entry.path).absolute(): entry for entry in found}.values())
    return _Found(entries, list(bundles), list(files))


def _name_kind(path: Path) -> str:
    return find_kind(path).name


def _list_counts(counts: Mapping[str, int]) -> list[str]:
    return [format_count(count, name) for name, count in counts.items() if count]


def _gather(misunderstood: dict[str, UnknownLine], entry: ReportEntry, remarks: Sequence[ReportRemark]) -> None:
    for remark in remarks:
        one = misunderstood.get(remark.what)
        first = one or UnknownLine(what=remark.what, count=0, path=entry.path, line=remark.line)
        misunderstood[remark.what] = first.replace(count=first.count + 1)


def _render(tally: ImportTally, results: Path) -> Iterator[str]:
    counts = {"sweep": tally.sweeps, "bisection": tally.bisections, "night": tally.nights}
    new = [format_count(tally.new, "run"), *_list_counts(counts)]
    yield f"imported {join_words(new, 'and')} into {results}"
    if tally.richer:
        yield f"  {_were(tally.richer)} already there and {'has' if tally.richer == 1 else 'have'} been updated"
    if tally.known:
        yield f"  {_were(tally.known)} already there"
    if tally.failed:
        yield f"  {_were(len(tally.failed))} not imported"
    for one in tally.misunderstood[:_SHOWN]:
        yield f"  not understood: {one.what} ({format_count(one.count, 'time')}, first at {one.path}:{one.line})"
    if len(tally.misunderstood) > _SHOWN:
        yield f"  and {len(tally.misunderstood) - _SHOWN} more: --json lists them all"


def _were(count: int) -> str:
    return f"{count} {'was' if count == 1 else 'were'}"


def _complaint(failures: Sequence[HarnessError], total: int) -> HarnessError:
    if len(failures) == 1:
        return failures[0]
    shown = [error.line for error in failures[:_SHOWN]]
    rest = [f"and {len(failures) - _SHOWN} more"] if len(failures) > _SHOWN else []
    kind = UnfitError if any(isinstance(error, UnfitError) for error in failures) else UnreadableError
    return kind(f"{len(failures)} of {total} were not imported", cause="\n         ".join([*shown, *rest]))


VERB = Verb(
    name="import",
    call=lambda call: import_reports(call.settings, call.output, paths=call.words("path"), node=call.text("as_node")),
    arguments=(
        Argument(
            name="PATH",
            takes=ArgumentKind.SOME,
            metavar="PATH",
            path=True,
            words=CompletionSource.FILE,
            help="a bundle, a folder with bundles, sweeps, bisections and nights, a zip or tar archive of them, a "
            "report, a result folder, a tree of folders <project>/<2 hex>/<38 hex>/<node>/, or a file with a pasted "
            "log or table",
        ),
        Argument(
            name="--as-node",
            metavar="NAME",
            help="node name for reports whose folder does not name one (default: unknown)",
        ),
    ),
    examples=(
        ("harness import ~/ci/whisper.cpp", "a whole ggml-ci results tree"),
        ("harness import artifact.zip nightly.tar.gz", "bundles of other nodes, as CI keeps them"),
        ("harness import table.md bench.log", "text that people pasted"),
    ),
)
