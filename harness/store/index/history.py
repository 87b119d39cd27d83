"""The numbers of the runs in the index: read when a history first asks for them, and given back series by series."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from harness.errors import UnreadableError
from harness.records.card import RunFilter
from harness.records.raw_history import MachineFacts, RawHistory, RawPoint, RawSeriesKey, RunDetail
from harness.records.record import short_hash
from harness.store.index.checksum import check_points, check_texts, sum_point, sum_texts
from harness.store.index.index import RunIndex
from harness.store.index.numbers import RunNumbers, Value, read_numbers
from harness.store.index.piece import gather, read_pieces
from harness.store.index.question import EVERYTHING, chunk, list_conditions
from harness.store.index.reader import TEXTS, BundleAddress, TableRow
from harness.store.index.table import DETAIL, SERIES, DamagedError, make_tables

# So many bundles are one piece of work for one of several processes, and fewer pieces are not worth those.
_PIECE, _PIECES = 20, 5
# So many are written in one transaction.
_BATCH = 500

# Where a row has what a run is in a history. The config of a list is words for people; that of a series, behind it, is
# its id.
_PLACES = {name: place for place, name in enumerate((*TEXTS, *DETAIL))}
_OTHERS = ("caveats", "tests", "blocks", "build_s")
_CAVEATS, _TESTS, _BLOCKS, _BUILD_S = (_PLACES[name] for name in _OTHERS)
_AS_THEY_ARE = tuple(
    (name, _PLACES[name]) for name in RunDetail.__struct_fields__ if name in _PLACES and name not in _OTHERS
)


def measure(index: RunIndex, wanted: RunFilter = EVERYTHING) -> list[UnreadableError]:
    """Read the numbers of all wanted runs of which the index has none; return what could not be read.

    Nothing is read where nothing can be added.
    """
    if index.frozen:
        return []
    missing = [one for one in index.choose(wanted, unmeasured=True) if index.is_current(one)]
    errors: list[UnreadableError] = []
    if not missing:
        return errors
    ids = _load_series(index)
    done = 0
    index.progress(done, len(missing))
    answers = read_pieces(read_numbers, [_split(one.path) for one in missing], _PIECE, _PIECES, index.note)
    for batch in gather(zip(missing, answers, strict=True), _BATCH):
        found: list[tuple[int, RunNumbers]] = []
        for chosen, (_, numbers) in batch:
            if isinstance(numbers, UnreadableError):
                errors.append(numbers)
            else:
                found.append((chosen.row, numbers))
        done += len(batch)
        index.progress(done, len(missing))
        write_numbers(index, found, ids)
    return errors


def load_history(
    index: RunIndex,
    wanted: RunFilter = EVERYTHING,
    *,
    config: str = "",
    case: str = "",
    metric: str | Sequence[str] = "",
) -> RawHistory:
    """Return the series of the wanted runs as far as their numbers are in the index; empty words let all pass.

    `metric` may be one or several.

    Somebody may have replaced a run since its numbers were read: such runs are `missing`.
    """
    import sqlalchemy as sa

    tables = make_tables()
    run, detail, series, point = tables.run, tables.detail, tables.series, tables.point
    words = ((series.c.node, wanted.node), (series.c.config, config), (series.c.case_name, case))
    asked = [column == word for column, word in words if word]
    if metric:
        asked.append(series.c.metric.in_([metric] if isinstance(metric, str) else metric))
    columns = (series.c.id, series.c.checksum, *(series.c[name] for name in SERIES))
    texts = (*(run.c[name] for name in TEXTS), run.c.checksum, *(detail.c[name] for name in DETAIL), detail.c.checksum)
    chosen = (
        sa.select(run.c.id, detail.c.run, run.c.month, run.c.name, *texts)
        .outerjoin(detail, detail.c.run == run.c.id)
        .join(tables.month, tables.month.c.id == run.c.month)
        .where(tables.month.c.folder == index.folder, *list_conditions(index.link, wanted))
    )
    values = sa.select(*(point.c[name] for name in ("series", "run", "n", "median", "low", "high", "checksum")))
    found: defaultdict[int, list[RawPoint]] = defaultdict(list)
    with index.link.reading() as connection:
        keys: dict[int, RawSeriesKey] = {}
        for number, checksum, *key in connection.execute(sa.select(*columns).where(*asked)):
            check_texts(key, checksum)
            keys[number] = RawSeriesKey(*key)
        runs = index.link.fetch(connection, chosen)
        details = {number: _make_detail(index, row) for number, known, *row in runs if known is not None}
        used = {one.machine for one in details.values()}
        facts = [row for row in connection.execute(sa.select(tables.machine)) if row.digest in used]
        machines = {row.digest: _read_facts(*row) for row in facts}
        for ids in chunk(list(keys)):
            rows = index.link.fetch(connection, values.where(point.c.series.in_(ids)))
            check_points(rows)
            for number, row, n, median, low, high, _ in rows:
                if row in details:  # else it is one of a run that is gone, or not wanted
                    found[number].append(RawPoint(row, n, median, low, high))
    known = {keys[number]: points for number, points in found.items()}
    return RawHistory(known, details, machines, missing=len(runs) - len(details))


def _make_detail(index: RunIndex, row: Sequence[Any]) -> RunDetail:
    month, name, *texts = row
    middle = len(TEXTS)
    of_run, (checksum, *of_detail, last) = texts[:middle], texts[middle:]
    check_texts(of_run, checksum)
    check_texts(of_detail, last)
    values = (*of_run, *of_detail)
    return RunDetail(
        path=f"{index.folders.get(month, '')}{os.sep}{os.fsdecode(name)}",
        caveats=tuple(values[_CAVEATS].split()),
        tests=int(values[_TESTS] or 0),
        blocks=int(values[_BLOCKS] or 0),
        build_s=float(values[_BUILD_S] or 0),
        **{field: values[place] for field, place in _AS_THEY_ARE},
    )


def _split(path: str) -> BundleAddress:
    month, _, name = path.rpartition(os.sep)
    return month, name


def write_numbers(index: RunIndex, found: Sequence[tuple[int, RunNumbers]], ids: dict[RawSeriesKey, int]) -> None:
    """Keep the numbers of runs; `ids` are the numbers of the series that are known, and becomes more."""
    tables, link = make_tables(), index.link
    details: list[TableRow] = []
    machines: dict[str, str] = {}
    points: list[TableRow] = []
    new = {key for _, numbers in found for key, _ in numbers.values if key not in ids}
    if new:
        _add_series(index, new, ids)
    for run, numbers in found:
        digest = short_hash(*numbers.machine)
        machines[digest] = msgspec.json.encode(numbers.machine).decode()
        detail = numbers.detail | {"machine": digest}
        checksum = sum_texts([str(detail[name]) for name in DETAIL])
        details.append(detail | {"run": run, "checksum": checksum})
        points += [_make_point(ids[key], run, value) for key, value in numbers.values]
    # In one order, or two processes might wait for each other.
    rows: list[TableRow] = [{"digest": digest, "facts": facts} for digest, facts in sorted(machines.items())]
    with link.writing() as connection:
        for table, those in ((tables.machine, rows), (tables.point, points), (tables.detail, details)):
            link.add(connection, table, those)


def _make_point(series: int, run: int, value: Value) -> TableRow:
    n, median, low, high = value
    checksum = sum_point((series, run, n, median, low, high))
    return {"series": series, "run": run, "n": n, "median": median, "low": low, "high": high, "checksum": checksum}


def _load_series(index: RunIndex) -> dict[RawSeriesKey, int]:
    import sqlalchemy as sa

    series = make_tables().series
    with index.link.reading() as connection:
        rows = connection.execute(sa.select(series.c.id, *(series.c[name] for name in SERIES))).all()
    return {RawSeriesKey(*key): number for number, *key in rows}


def _add_series(index: RunIndex, new: Iterable[RawSeriesKey], ids: dict[RawSeriesKey, int]) -> None:
    series = make_tables().series
    rows: list[TableRow] = [{**dict(zip(SERIES, key, strict=True)), "checksum": sum_texts(key)} for key in sorted(new)]
    with index.link.writing() as connection:
        connection.execute(index.link.insert(series), rows)
    ids |= _load_series(index)  # another process may have added some of them


def _read_facts(digest: str, text: str) -> MachineFacts:
    facts = msgspec.json.decode(text, type=MachineFacts)
    if short_hash(*facts) != digest:
        raise DamagedError("facts about a machine")
    return facts


def drop_orphans(index: RunIndex) -> None:
    """Forget runs of months that are gone, and the numbers of runs that are: they are passed over, but take room.

    Numbers are written together with the details of their run, so that these alone, a hundredth of them, say whether
    there is anything to look for.
    """
    import sqlalchemy as sa

    tables = make_tables()
    run, detail, point = tables.run, tables.detail, tables.point
    with index.link.writing() as connection:
        # PostgreSQL would look through all owners for each row if it were NOT IN.
        connection.execute(run.delete().where(~sa.exists().where(tables.month.c.id == run.c.month)))
        gone = ~sa.exists().where(run.c.id == detail.c.run)
        if connection.execute(sa.select(detail.c.run).where(gone).limit(1)).first():
            connection.execute(point.delete().where(~sa.exists().where(run.c.id == point.c.run)))
            connection.execute(detail.delete().where(gone))


def count_rows(index: RunIndex) -> dict[str, int]:
    """Return how many rows each table has."""
    import sqlalchemy as sa

    tables = make_tables()
    kinds = {"runs": tables.run, "sweeps": tables.sweep, "series": tables.series, "points": tables.point}
    with index.link.reading() as connection:
        found = {
            name: int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
            for name, table in kinds.items()
        }
        trials = sa.select(sa.func.count(tables.run.c.trial.distinct())).where(tables.run.c.trial != "")
        found["trials"] = int(connection.execute(trials).scalar_one())
    return found
