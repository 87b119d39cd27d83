"""The index in PostgreSQL, on a real server: the same answers, and clear words where it cannot give them."""

import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from harness import __version__
from harness.errors import UnfitError, UsageError
from harness.records.card import RunFilter
from harness.store.index.history import load_history, measure
from harness.store.index.index import RunIndex
from harness.store.index.table import SCHEMA, make_tables
from tests import sheet
from tests.flow.kit import Kit
from tests.server import PASSWORD, QUOTED, Server, serve, why_not
from tests.stand import DAYS, Stand

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
HOUR_NS = 3600 * 10**9


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


def make_stand(folder: Path, url: str) -> Stand:
    stand = Stand(folder, url)
    for day in DAYS:
        stand.add(day)
    stand.add(DAYS[0], node="two", release="v1.9.0")
    return stand


@pytest.fixture
def stand(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    return make_stand(tmp_path, server.create())


def test_what_is_known_is_not_read_again(stand: Stand) -> None:
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 4
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 0
    assert not stand.cache.exists(), "nothing is kept elsewhere"


def test_runs_that_come_go_and_change(stand: Stand) -> None:
    stand.seen()
    first = Path(stand.truth()[0].path)
    shutil.rmtree(first)
    stand.add("20260310")
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 1
    stand.add(DAYS[0], release="v1.9.9")
    file = Path(stand.truth()[1].path) / "run.json"
    file.write_text(file.read_text().replace("v1.8.5", "v1.8.60"))
    assert stand.seen() == stand.truth()
    shutil.rmtree(stand.results / "two")
    assert stand.seen() == stand.truth()
    assert stand.seen(newest=2) == stand.truth()[-2:]


@pytest.mark.parametrize("options", ["", "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0"])
def test_the_answers_are_those_of_sqlite(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    if options and server.version < 15:
        pytest.skip("databases of other locales than the server's have come with PostgreSQL 15")
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)
    shared = make_stand(tmp_path, server.create(options))
    names = ("a", "B", "c-1", "C_1", "\u00e4", "Z")
    for day, name in enumerate(names):
        shared.add(f"202604{day + 10}", node=name, release=f"v{name}", suite=sheet.run().suite.replace(models=(name,)))
    shared.add("20260501", start="")
    own = Stand(tmp_path)
    for wanted in (
        *(RunFilter(node=name) for name in names),
        *(RunFilter(model=name) for name in names),
        *(RunFilter(release=f"v{name}") for name in names),
        *(RunFilter(commit=word) for word in ("f24588", "v1.9.0", "VB")),
        *(
            RunFilter(since=since, until=until)
            for since, until in itertools.product(("", "2026-01-02", "2026-04"), repeat=2)
        ),
    ):
        assert shared.seen(wanted) == own.seen(wanted) == [card for card in own.truth() if wanted.matches(card)], wanted


def test_series_are_those_of_sqlite(stand: Stand, tmp_path: Path) -> None:
    def look(index: RunIndex) -> object:
        index.refresh()
        assert measure(index) == []
        history = load_history(index)
        return {
            key: sorted((history.details[point.run].path, *point[1:]) for point in points)
            for key, points in history.series.items()
        }, sorted(history.machines.items())

    found = stand.ask(look)
    assert found == Stand(tmp_path).ask(look)
    assert found == stand.ask(look)
    assert "'encode'" in str(found)


def test_several_folders_share_a_database(stand: Stand, tmp_path: Path) -> None:
    other = Stand(tmp_path / "other", stand.places.database)
    other.add("20260401")
    for _ in range(2):
        assert stand.seen() == stand.truth()
        assert other.seen() == other.truth()
    assert other.effort.read == 0


def test_a_zero_byte_and_a_flood(stand: Stand) -> None:
    stand.add("20260301", release="v1\0" + 100_000 * "x")
    assert stand.seen(RunFilter(since="2026-03"))[0].release.startswith("v1\ufffdxxx")


def execute(server: Server, url: str, statement: str) -> None:
    with server.connect(url.rpartition("/")[2]) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE harness_meta SET value = '0' WHERE name = 'schema'",
         ("another harness", f"schema 0, and this harness writes {SCHEMA}")),
        ("UPDATE harness_meta SET value = '99' WHERE name = 'schema'", ("a newer harness", "use that harness here")),
        ("DELETE FROM harness_meta WHERE name = 'schema'", (f"another harness ({__version__})", "schema not known")),
        ("DROP TABLE harness_run", ("cannot be used", "harness_run")),
        ("UPDATE harness_run SET release = 'v9'", ("not what was written",)),
    ],
)  # fmt: skip
def test_a_database_that_cannot_be_believed_is_refused_until_it_is_made_anew(
    server: Server, stand: Stand, statement: str, words: tuple[str, ...]
) -> None:
    stand.seen()
    execute(server, stand.places.database, statement)
    for _ in range(2):
        with pytest.raises(UnfitError) as raised:
            stand.seen()
        for word in (*words, "harness index --rebuild"):
            assert word in str(raised.value)
        assert PASSWORD not in str(raised.value)
    stand.ask(lambda index: index.refresh(), rebuild=True)
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 0


def test_a_server_that_may_only_be_read(server: Server, stand: Stand) -> None:
    stand.seen()
    name = stand.places.database.rpartition("/")[2]
    execute(server, stand.places.database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert stand.seen() == stand.truth(), "nothing is new"
    known = stand.truth()
    stand.add("20260310")
    assert stand.seen() == known, "what is new is shown once another computer has indexed it"
    held = "its newest run began at 2026-02-03T00:00:00+00:00"
    assert set(stand.notes) == {f"the index is shown as it is, because this login may only read; {held}"}
    with server.connect("postgres") as connection:
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert stand.seen() == stand.truth()


def test_what_others_keep_in_the_database_stays(server: Server, stand: Stand) -> None:
    execute(server, stand.places.database, "CREATE TABLE precious (x int); INSERT INTO precious VALUES (7)")
    stand.seen()
    stand.ask(lambda index: index.refresh(), rebuild=True)
    with server.connect(stand.places.database.rpartition("/")[2]) as connection:
        assert connection.execute("SELECT x FROM precious").fetchall() == [(7,)]


@pytest.mark.parametrize("where", ["between transactions", "inside of one"])
def test_a_connection_that_breaks_in_the_middle(server: Server, stand: Stand, where: str) -> None:
    def end() -> None:
        execute(
            server,
            stand.places.database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )

    def look(index: RunIndex) -> None:
        index.refresh()
        if where == "inside of one":
            with index.link.reading() as connection:
                end()
                index.link.fetch(connection, sqlalchemy.select(make_tables().run.c.run_id))
        end()
        index.choose()

    with pytest.raises(UnfitError, match="the database cannot be used") as raised:
        stand.ask(look)
    assert raised.value.exit_code == 3
    assert stand.seen() == stand.truth(), "nothing is lost"
    assert stand.effort.read == 0


@pytest.mark.parametrize("often", [1, 99])
def test_two_that_wait_for_each_other(server: Server, stand: Stand, often: int) -> None:
    """The server ends one of two transactions that wait for each other; that one is repeated, but not without end."""
    stand.seen()
    asked = []

    def clash(index: RunIndex) -> int:
        asked.append(index)
        if len(asked) <= often:
            with index.link.writing() as connection:
                connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
        index.refresh()
        return len(index.choose())

    if often == 1:
        assert (stand.ask(clash), len(asked)) == (4, 2)
    else:
        with pytest.raises(UnfitError, match="the database cannot be used") as raised:
            stand.ask(clash)
        assert "start this one later" in raised.value.hint
        assert len(asked) < 10


@pytest.mark.parametrize("change", ["password", "query", "port", "name", "user"])
def test_a_server_that_refuses_has_a_sentence_without_the_password(kit: Kit, server: Server, change: str) -> None:
    url = server.create()
    changed = {
        "password": url.replace(QUOTED, "not-so-secret"),
        "query": f"{url.replace(f':{QUOTED}', '')}?password=not-so-secret",
        "port": url.replace(f":{server.port}/", ":1/"),
        "name": f"{url}-not-there",
        "user": url.replace("harness:", "somebody:"),
    }[change]
    for words, environ in (((), {"HARNESS_DATABASE": changed}), (("--database", changed), {})):
        done = kit.harness("list", *words, environ=environ)
        assert (done.returncode, done.stdout) == (3, "")
        assert "the database cannot be used" in done.stderr
        assert "127.0.0.1" in done.stderr
        for secret in (PASSWORD, QUOTED, "not-so-secret"):
            assert secret not in done.stderr


@pytest.mark.parametrize(
    "url",
    ["mysql://me:secret@host/x", "sqlite:///x", "postgresql+psycopg2://me:secret@host/x", "secret", "://secret",
     "postgresql+psycopg://me:secret@host:port/x"],
)  # fmt: skip
def test_a_url_of_something_else(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="--database") as raised:
        Stand(tmp_path, url).seen()
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("nonsense=1", ("nonsense", "check the options of the URL")),
        ("connect_timeout=x", ("connect_timeout", "check the options of the URL")),
        ("options=-cdefault_transaction_read_only%3Don", ("read-only", "a login that may write")),
    ],
)
def test_a_hint_fits_its_error(server: Server, tmp_path: Path, options: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UnfitError) as raised:
        Stand(tmp_path, f"{server.create()}?{options}").seen()
    for word in words:
        assert word in str(raised.value)


def test_a_login_that_may_not_make_tables(server: Server, tmp_path: Path) -> None:
    url = server.create()
    name = url.rpartition("/")[2]
    execute(server, url, "CREATE ROLE weak LOGIN PASSWORD 'weak'; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(UnfitError, match="the database cannot be used") as raised:
        Stand(tmp_path, f"postgresql://weak:weak@127.0.0.1:{server.port}/{name}").seen()
    assert "permission denied for schema public" in raised.value.cause
    assert "GRANT" in raised.value.hint


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_the_encoding_of_a_database(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    stand = Stand(tmp_path, server.create(f"ENCODING {encoding} LOCALE 'C' TEMPLATE template0"))
    stand.add(DAYS[0], release="\u65e5\u672c")
    if encoding == "SQL_ASCII":
        assert stand.seen() == stand.seen(RunFilter(release="\u65e5\u672c")) == stand.truth()
        return
    with pytest.raises(UnfitError, match="cannot be kept in this database") as raised:
        stand.seen()
    assert encoding in raised.value.cause


def test_several_processes_at_once_agree(kit: Kit, server: Server) -> None:
    stand = Stand(kit.folder)
    for day in range(10, 20):
        stand.add(f"202601{day}")
    environ = {"HARNESS_DATABASE": server.create()}
    children = [kit.start("list", "--model", "base", "--json", environ=environ) for _ in range(4)]
    answers = [child.communicate(timeout=60) for child in children]
    assert {child.returncode for child in children} == {0}, answers
    assert len({stdout for stdout, _ in answers}) == 1
    assert answers[0][0].count('"id"') == 10


def test_every_verb_that_chooses_takes_the_database(kit: Kit, server: Server) -> None:
    stand = Stand(kit.folder)
    stand.add(DAYS[0])
    stand.add(DAYS[1], release="v1.9.0")
    environ = {"HARNESS_DATABASE": server.create()}
    for words in (
        ("list", "--node", "one"),
        ("show", "release=v1.9.0"),
        ("report", "node=one,release=v1.9.0", "--format", "csv"),
        ("compare", "release=v1.9.0", "release=v1.8.5", "--across", "names"),
        ("export", "node=one", "-o", "tree"),
        ("history",),
        ("index", "--numbers"),
    ):
        done = kit.harness(*words, environ=environ)
        assert done.returncode in (0, 21), done.stderr
    assert "2 runs" in done.stdout
    told = kit.harness("history", "--json", environ=environ).stdout
    assert not (kit.cache / "index").exists()
    assert told == kit.harness("history", "--json").stdout, "both databases say the same"
    shutil.rmtree(kit.cache / "index")
    rebuilt = kit.harness("index", "--rebuild", environ=environ)
    assert rebuilt.stdout.startswith("2 runs (0 trials, 0 sweeps); 0 points")


def test_a_server_that_is_away(server: Server, stand: Stand) -> None:
    stand.seen()
    server.stop()
    try:
        with pytest.raises(UnfitError, match="the database cannot be used"):
            stand.seen()
    finally:
        server.start()
    assert stand.seen() == stand.truth()
    assert stand.effort.read == 0
