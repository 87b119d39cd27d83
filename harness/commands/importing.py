"""`harness import`: add ggml-ci reports to the results, as runs beside our own."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.request.place import resolve_results
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb, VerbGroup
from harness.errors import HarnessError, UnfitError, UnreadableError
from harness.records.record import Record
from harness.records.report import ReportRemark
from harness.records.wording import format_count
from harness.settings.layer import Settings
from harness.store.importer import ImportOutcome, import_entries
from harness.store.result_tree import ReportEntry, find_entries

_SHOWN = 8


class UnknownLine(Record):
    """Something that was not understood, how often, and where first."""

    what: str
    count: int
    path: str
    line: int


class ImportTally(Record):
    """The result of an import: how many runs are new, already known, or updated because a report holds more of them.

    `failed` are the errors for reports that could not be imported.
    """

    new: int
    known: int
    richer: int
    failed: tuple[str, ...]
    misunderstood: tuple[UnknownLine, ...]


def import_reports(settings: Settings, output: Output, *, paths: Sequence[str], node: str) -> int:
    """Read every report in `paths`, add its run to the results, and print what was not understood.

    `node` is the node of reports whose folder does not name one. A report that cannot be read does not stop the others;
    the errors are raised together at the end (UnreadableError, or UnfitError if something could not be written).
    """
    entries, unread = _find(paths, output)
    results = resolve_results(settings)
    counts = dict.fromkeys(ImportOutcome, 0)
    failures: list[HarnessError] = [UnreadableError(trouble) for trouble in unread]
    misunderstood: dict[str, UnknownLine] = {}
    began = time.monotonic()
    for number, taken in enumerate(import_entries(results, entries, node, note=output.console.warn)):
        output.console.count("importing", number, len(entries))
        counts[taken.placed] += 1
        if taken.placed is ImportOutcome.FAILED:
            kind = UnfitError if taken.unfit else UnreadableError
            failures.append(kind(taken.what, cause=taken.cause, hint=taken.hint))
        _gather(misunderstood, taken.entry, taken.remarks)
    plural = "s" if len(entries) != 1 else ""
    output.console.note(f"read {len(entries)} report{plural} in {time.monotonic() - began:.1f} s")
    tally = ImportTally(
        new=counts[ImportOutcome.NEW],
        known=counts[ImportOutcome.KNOWN],
        richer=counts[ImportOutcome.RICHER],
        failed=tuple(str(error) for error in failures),
        misunderstood=tuple(sorted(misunderstood.values(), key=lambda one: -one.count)),
    )
    output.show("\n".join(_render(tally, results)), tally)
    if failures:
        raise _complaint(failures, len(entries) + len(unread))
    return 0


def _find(paths: Sequence[str], output: Output) -> tuple[list[ReportEntry], list[str]]:
    """Return each report once, with its result folder if one of the paths is that folder, and what could not be opened.

    Print what is skipped.
    """
    trees = [find_entries(Path(path)) for path in paths]
    left_out = [left for tree in trees for left in tree.left_out]
    for left in left_out[:_SHOWN]:
        output.console.note(f"skipped {left}")
    if len(left_out) > _SHOWN:
        output.console.note(f"skipped {len(left_out) - _SHOWN} other links and special files")
    found = [entry for tree in trees for entry in tree.entries]
    found.sort(key=lambda entry: bool(entry.folder))
    entries = list({Path(entry.path).absolute(): entry for entry in found}.values())
    return entries, [trouble for tree in trees for trouble in tree.unread]


def _gather(misunderstood: dict[str, UnknownLine], entry: ReportEntry, remarks: Sequence[ReportRemark]) -> None:
    for remark in remarks:
        one = misunderstood.get(remark.what)
        first = one or UnknownLine(what=remark.what, count=0, path=entry.path, line=remark.line)
        misunderstood[remark.what] = first.replace(count=first.count + 1)


def _render(tally: ImportTally, results: Path) -> Iterator[str]:
    yield f"imported {tally.new} run{'s' if tally.new != 1 else ''} into {results}"
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
    return kind(f"{len(failures)} of {total} reports were not imported", cause="\n         ".join([*shown, *rest]))


VERB = Verb(
    name="import",
    summary="import ggml-ci reports, pasted tables and logs into the results",
    group=VerbGroup.EXCHANGE,
    call=lambda call: import_reports(call.settings, call.output, paths=call.words("path"), node=call.text("as_node")),
    arguments=(
        Argument(
            name="PATH",
            takes=ArgumentKind.SOME,
            metavar="PATH",
            path=True,
            words=CompletionSource.FILE,
            help="a report, a result folder, a tree of folders <project>/<2 hex>/<38 hex>/<node>/, or a file with a "
            "pasted log or table",
        ),
        Argument(
            name="--as-node",
            metavar="NAME",
            help="node name for reports whose folder does not name one (default: unknown)",
        ),
    ),
    examples=(
        ("harness import ~/ci/whisper.cpp", "a whole ggml-ci results tree"),
        ("harness import table.md bench.log", "text that people pasted"),
    ),
)
