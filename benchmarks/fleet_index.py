"""How fast PostgreSQL is as the index of a whole fleet: what collectors put into it, and what readers get.

    python benchmarks/fleet_index.py [--nodes 100] [--nights 1000] [--bundles 2000] [--collectors 1,4] [--times 7]

The server is started by the script, in a folder of its own that is removed at the end, with 512 MB of shared buffers.

1. So many bundles with 59 series each are written, and read into an empty database by `harness index --numbers`: by one
   process, then by several at once, each with its part of the nodes in a results folder of its own.
2. The index of all nodes and nights is written by the functions that collectors use, without bundles on disk, which
   would be a hundred thousand: the numbers scatter, and every run has its own rows.
3. Questions to it, as a reader has them who has no bundles: in this process, so that the database alone is timed, and
   as whole commands. Cold is the first question after the server was started again (the system's cache of files is
   left alone), warm are medians.
"""

import argparse
import functools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.results import make_one  # noqa: E402
from benchmarks.site_nights import FIRST, GeneratedNode, list_nights, make_nodes  # noqa: E402
from benchmarks.sitting import make_parser, perform, print_head  # noqa: E402
from harness.records.card import RunFilter  # noqa: E402
from harness.records.raw_history import RawSeriesKey  # noqa: E402
from harness.settings.request import Places  # noqa: E402
from harness.store.index.access import consult  # noqa: E402
from harness.store.index.checksum import sum_texts  # noqa: E402
from harness.store.index.history import load_history, write_numbers  # noqa: E402
from harness.store.index.index import RunIndex  # noqa: E402
from harness.store.index.numbers import RunNumbers, read_numbers  # noqa: E402
from harness.store.index.overview import list_newest, list_nodes  # noqa: E402
from harness.store.index.reader import TEXTS, TableRow, read_row  # noqa: E402
from harness.store.index.table import make_tables  # noqa: E402
from tests.server import Server, serve  # noqa: E402

BUFFERS = "512MB"
# So many runs are written in one transaction, as by a collector.
BATCH = 500


class Reader(NamedTuple):
    """A computer with nothing but the URL: its folders are empty, or not there."""

    folder: Path
    database: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment of its commands."""
        own = {"HARNESS_RESULTS": str(self.folder / "results"), "HARNESS_CACHE": str(self.folder / "cache")}
        return {**os.environ, **own, "HARNESS_DATABASE": self.database, "PYTHONPATH": str(ROOT)}

    @property
    def places(self) -> Places:
        """The same for a question from this process."""
        return Places(results=self.folder / "results", cache=self.folder / "cache", database=self.database)


class Sample(NamedTuple):
    """What every run of a generated node is made of: its row in the table `run`, and its numbers."""

    row: TableRow
    numbers: RunNumbers


def main() -> None:
    asked = parser().parse_args()
    print_head()
    with tempfile.TemporaryDirectory(prefix="fleet-index-") as scratch, serve(shared_buffers=BUFFERS) as server:
        folder = Path(scratch)
        nodes = make_nodes(make_one(folder / "one"), asked.nodes, asked.nights)
        for count in map(int, asked.collectors.split(",")):
            collect(folder, server, nodes, count, asked.bundles)
        reader = Reader(folder / "reader", server.create())
        fill(folder, server, reader.database, nodes, asked.nights)
        question(server, reader, nodes[len(nodes) // 2].name, asked.times)


def parser() -> argparse.ArgumentParser:
    made = make_parser(__doc__)
    made.add_argument("--nodes", type=int, default=100, help="nodes of the fleet (default 100)")
    made.add_argument("--nights", type=int, default=1000, help="nights of each node (default 1000)")
    made.add_argument("--bundles", type=int, default=2000, help="bundles that are written and read (default 2000)")
    made.add_argument("--collectors", default="1,4", help="how many read them at once (default 1,4)")
    made.add_argument("--times", type=int, default=7, help="repetitions of each question (default 7)")
    return made


def collect(folder: Path, server: Server, nodes: Sequence[GeneratedNode], count: int, bundles: int) -> None:
    """Print how many points a second so many collectors read from bundles."""
    homes = [Reader(folder / f"{count}-{number}", "") for number in range(count)]
    each = -(-bundles // len(nodes))
    for night in list_nights(each):
        for number, node in enumerate(nodes):
            node.write(homes[number % count].folder / "results", night)
    environ = {"HARNESS_DATABASE": server.create()}
    command = [sys.executable, "-P", "-m", "harness", "index", "--numbers"]
    began, used_s = time.perf_counter(), sum(os.times()[:4])
    children = [
        subprocess.Popen(command, env=home.environ | environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for home in homes
    ]
    said = [child.communicate() for child in children]
    wall_s, cpu_s = time.perf_counter() - began, sum(os.times()[:4]) - used_s
    if any(child.returncode for child in children):
        sys.exit(f"harness index --numbers: {said}")
    with server.connect(environ["HARNESS_DATABASE"].rpartition("/")[2]) as connection:
        runs, points = (
            connection.execute(f"SELECT count(*) FROM harness_{name}").fetchone()[0] for name in ("run", "point")
        )
    print(
        f"  {count} collectors: {runs} bundles, {points} points in {wall_s:.1f} s ({cpu_s:.1f} s of CPU without the "
        f"server's): {points / wall_s:.0f} points/s, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    for home in homes:
        shutil.rmtree(home.folder)


def fill(folder: Path, server: Server, database: str, nodes: Sequence[GeneratedNode], nights: int) -> None:
    """Write the index of all nodes and nights, and print how long that took."""
    results = folder / "fleet" / "results"
    results.mkdir(parents=True)
    places = Places(results=results, cache=folder / "fleet" / "cache", database=database)
    began = time.perf_counter()
    ids: dict[RawSeriesKey, int] = {}
    for node in nodes:
        sample = take_sample(folder / "sample", node)
        consult(places, functools.partial(fill_node, known=ids, node=node.name, sample=sample, nights=nights))
    wall_s = time.perf_counter() - began
    shutil.rmtree(folder / "fleet")
    with server.connect(database.rpartition("/")[2]) as connection:
        points = connection.execute("SELECT count(*) FROM harness_point").fetchone()[0]
        began = time.perf_counter()
        connection.execute("VACUUM ANALYZE")  # as a server does by itself within minutes
        size = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()[0]
    print(
        f"  {points} points of {len(nodes)} nodes and {nights} nights written in {wall_s:.0f} s "
        f"({points / wall_s:.0f} points/s), {size} on disk, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def take_sample(folder: Path, node: GeneratedNode) -> Sample:
    """Return the rows of a bundle of a node, read as a collector reads them."""
    node.write(folder, next(list_nights(1)))
    (bundle,) = folder.glob("*/*/*")
    month, name = str(bundle.parent), bundle.name
    (numbers,) = read_numbers(((month, name),))
    row = read_row(month, name)
    shutil.rmtree(folder)
    if not isinstance(numbers, RunNumbers):
        raise numbers
    return Sample(row, numbers)


def fill_node(index: RunIndex, *, node: str, sample: Sample, nights: int, known: dict[RawSeriesKey, int]) -> None:
    """Write the rows of all nights of a node."""
    import sqlalchemy as sa

    tables, link, draw = make_tables(), index.link, random.Random(node)
    starts = [FIRST + timedelta(days=number, seconds=draw.randrange(3600)) for number in range(nights)]
    months = sorted({f"{start:%Y-%m}" for start in starts})
    with link.writing() as connection:
        rows = [{"folder": index.folder, "node": node.encode(), "name": month.encode()} for month in months]
        connection.execute(link.insert(tables.month), rows)
        month = tables.month
        asked = sa.select(month.c.name, month.c.id).where(month.c.folder == index.folder, month.c.node == node.encode())
        numbered = {bytes(name).decode(): number for name, number in connection.execute(asked)}
    for first in range(0, nights, BATCH):
        rows = []
        for start in starts[first : first + BATCH]:
            sha = f"{draw.getrandbits(160):040x}"
            name = f"{start:%Y%m%dT%H%M%SZ}-{sha[:8]}-{str(sample.row['run_id']).rpartition('-')[2]}"
            moment = start.isoformat(timespec="seconds")
            new = {"run_id": name, "start": moment, "earliest": moment, "sha": sha, "commit_name": sha[:7]}
            row = sample.row | new | {"month": numbered[f"{start:%Y-%m}"], "name": name.encode()}
            rows.append(row | {"checksum": sum_texts([str(row[text]) for text in TEXTS])})
        with link.writing() as connection:
            link.add(connection, tables.run, rows)
            run = tables.run
            mine = run.c.name.in_([row["name"] for row in rows]) & (run.c.node == node)
            numbers = [row.id for row in connection.execute(sa.select(run.c.id).where(mine))]
        write_numbers(index, [(number, scatter(sample.numbers, draw)) for number in numbers], known)
    with link.writing() as connection:
        for number in numbered.values():
            counted = sa.select(sa.func.count()).where(tables.run.c.month == number).scalar_subquery()
            connection.execute(tables.month.update().where(tables.month.c.id == number).values(runs=counted))


def scatter(numbers: RunNumbers, draw: random.Random) -> RunNumbers:
    """Return numbers as another night has them."""
    values = []
    for key, (n, median, low, high) in numbers.values:
        by = draw.lognormvariate(0.0, 0.01)
        values.append((key, (n, median * by, low and low * by, high and high * by)))
    return numbers._replace(values=values)


def question(server: Server, reader: Reader, node: str, times: int) -> None:
    """Print how long questions take."""
    (key,) = consult(reader.places, lambda index: list_newest(index, node))[0][:1]
    series = {"case": key.case, "metric": key.metric, "config": key.config}
    asks: dict[str, Callable[[RunIndex], int]] = {
        "all nodes: content": lambda index: len(list_nodes(index)),
        "all nodes: newest points": lambda index: len(list_newest(index)),
        "one node: newest points": lambda index: len(list_newest(index, node)),
        "one series": lambda index: count_points(index, node, series),
        "all series of a node": lambda index: count_points(index, node, {}),
    }
    for name, ask in asks.items():
        server.stop()
        server.start()
        taken = [time_question(reader.places, ask) for _ in range(times + 1)]
        (cold_s, _, answers), warm = taken[0], sorted(wall_s for wall_s, _, _ in taken[1:])
        used_s = statistics.median(cpu_s for _, cpu_s, _ in taken[1:])
        print(
            f"  {name:<26} {1000 * statistics.median(warm):8.1f} ms ({1000 * warm[0]:.1f} to {1000 * warm[-1]:.1f}), "
            f"of it {1000 * used_s:.1f} ms CPU here, cold {1000 * cold_s:.1f} ms; {answers} rows; "
            f"load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    for words in (("index", "--nodes"), ("index", "--newest", "--node", node), ("list",), ("history", "--node", node)):
        walls = sorted(time_command(reader, words) for _ in range(max(1, times // 2)))
        name = f"harness {' '.join(words)}"
        print(f"  {name:<44} {statistics.median(walls):6.2f} s ({walls[0]:.2f} to {walls[-1]:.2f})", flush=True)
    print(f"  load {os.getloadavg()[0]:.1f}")


def count_points(index: RunIndex, node: str, series: dict[str, str]) -> int:
    return sum(map(len, load_history(index, RunFilter(node=node), **series).series.values()))


def time_question(places: Places, ask: Callable[[RunIndex], int]) -> tuple[float, float, int]:
    """Return wall and CPU seconds of a question, without those of the connection or the server's, and its answer."""

    def timed(index: RunIndex) -> tuple[float, float, int]:
        index.refresh()
        began, used_s = time.perf_counter(), time.process_time()
        answer = ask(index)
        return time.perf_counter() - began, time.process_time() - used_s, answer

    return consult(places, timed)[0]


def time_command(reader: Reader, words: Sequence[str]) -> float:
    command = [sys.executable, "-P", "-m", "harness", *words]
    began = time.perf_counter()
    done = subprocess.run(command, env=reader.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"harness {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return time.perf_counter() - began


if __name__ == "__main__":
    perform(main)
