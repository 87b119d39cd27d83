"""What an index holds, node by node: nothing is judged, so that a hundred nodes with years of nights take a moment."""

from collections import Counter
from typing import Any

from harness.records.card import NewestPoint, NodeContent
from harness.store.index.database import DatabaseLink
from harness.store.index.index import RunIndex
from harness.store.index.table import SERIES, make_tables


def list_nodes(index: RunIndex) -> tuple[NodeContent, ...]:
    """Return what the index of a results folder holds of each node, by name."""
    import sqlalchemy as sa

    tables = make_tables()
    run, month, detail, series = tables.run, tables.month, tables.detail, tables.series
    points = sa.func.sum(sa.cast(sa.func.nullif(detail.c.points, ""), sa.Integer))
    counted = (
        sa.select(run.c.node, sa.func.count(), sa.func.count(detail.c.run), points)
        .join(month, month.c.id == run.c.month)
        .outerjoin(detail, detail.c.run == run.c.id)
        .where(month.c.folder == index.folder)
        .group_by(run.c.node)
    )
    with index.link.reading() as connection:
        _spare_compiler(index.link, connection)
        nodes = connection.execute(counted).all()
        newest = {row.node: row for row in connection.execute(_select_newest_runs(index))}
        keys = connection.execute(sa.select(series.c.node, sa.func.count()).group_by(series.c.node)).all()
    known: Counter[str] = Counter(dict(map(tuple, keys)))
    return tuple(
        NodeContent(
            node=node,
            runs=runs,
            unread=runs - read,
            series=known[node],
            points=int(values or 0),
            newest=newest[node].start if node in newest else "",
            harness=(newest[node].harness or "") if node in newest else "",
        )
        for node, runs, read, values in sorted(map(tuple, nodes))
    )


def list_newest(index: RunIndex, node: str = "") -> tuple[NewestPoint, ...]:
    """Return the newest point of each series of a node, or of all nodes, in the order of their keys.

    For each series the runs of its node are asked for one, from the newest on: mostly that is the first.
    """
    import sqlalchemy as sa

    tables = make_tables()
    run, series, point = tables.run, tables.series, tables.point
    wanted = [series.c.node == node] if node else []
    last = (
        sa.select(run.c.id)
        .join(tables.month, tables.month.c.id == run.c.month)
        .join(point, point.c.run == run.c.id)
        .where(run.c.node == series.c.node, point.c.series == series.c.id, tables.month.c.folder == index.folder)
        .order_by(run.c.start.desc(), run.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    newest = sa.select(series.c.id, *(series.c[name] for name in SERIES), last.label("last")).where(*wanted)
    found = newest.cte("found").prefix_with("MATERIALIZED")  # else the newest run is looked for twice
    asked = (
        sa.select(*(found.c[name] for name in SERIES), run.c.run_id, run.c.start, point.c.median)
        .join(run, run.c.id == found.c.last)
        .join(point, sa.and_(point.c.series == found.c.id, point.c.run == found.c.last))
    )
    with index.link.reading() as connection:
        _spare_compiler(index.link, connection)
        rows = index.link.fetch(connection, asked)
    return tuple(
        NewestPoint(
            node=of, config=config, case=case, metric=metric, yardstick=yardstick, run=run_id, start=start, value=value
        )
        for of, config, case, metric, yardstick, run_id, start, value in sorted(rows)
    )


def _spare_compiler(link: DatabaseLink, connection: Any) -> None:
    """Let a server run the statements of this transaction as they are: to compile them takes longer than they do."""
    if link.shared:
        connection.exec_driver_sql("SET LOCAL jit = off")


def _select_newest_runs(index: RunIndex) -> Any:
    """Return a statement for the node, start and harness of the newest run of each node whose numbers are known."""
    import sqlalchemy as sa

    tables = make_tables()
    run, month, detail = tables.run, tables.month, tables.detail
    rank = sa.func.row_number().over(partition_by=run.c.node, order_by=(run.c.start.desc(), run.c.id.desc()))
    ranked = (
        sa.select(run.c.node, run.c.start, detail.c.harness, rank.label("rank"))
        .join(month, month.c.id == run.c.month)
        .outerjoin(detail, detail.c.run == run.c.id)
        .where(month.c.folder == index.folder)
        .subquery()
    )
    return sa.select(ranked.c.node, ranked.c.start, ranked.c.harness).where(ranked.c.rank == 1)
