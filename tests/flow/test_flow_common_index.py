"""The index of a fleet on a real server: collectors beside each other, readers without bundles, roles with few rights.

The roles are made by the very lines that docs/how-to/fleet.md shows.
"""

import json
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UnfitError
from harness.records.card import RunFilter
from harness.store.index.history import load_history, measure
from harness.store.index.index import RunIndex
from harness.store.index.overview import list_newest, list_nodes
from tests import sheet
from tests.flow.kit import ROOT, Kit
from tests.flow.test_flow_nightly import Branch
from tests.server import Server, serve, why_not
from tests.stand import DAYS, Stand

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())
HOUR_NS = 3600 * 10**9
SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)
TABLES = ("run", "point", "detail", "series", "sweep", "month", "machine")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve() as server:
        yield server


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was changed so shortly ago that it may change again unseen."""
    monkeypatch.setattr(time, "time_ns", lambda: int(1e9 * time.time()) + HOUR_NS)


@pytest.fixture
def stand(server: Server, tmp_path: Path, settled: None) -> Stand:
    stand = Stand(tmp_path, server.create())
    for day in DAYS:
        stand.add(day)
    return stand


def update(index: RunIndex) -> int:
    index.refresh()
    assert measure(index) == []
    return index.read


def elsewhere(stand: Stand, folder: Path) -> Stand:
    """Return the same index as another computer has it, whose results would lie in a folder of its own."""
    return Stand(folder, stand.places.database)


def count(server: Server, url: str) -> dict[str, int]:
    with server.connect(url.rpartition("/")[2]) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM harness_{name}").fetchone()[0] for name in TABLES}


class TestReaders:
    """Computers that do not have the bundles."""

    @pytest.mark.parametrize("path", ["the same", "another"])
    def test_what_the_index_holds_is_shown(self, stand: Stand, tmp_path: Path, path: str) -> None:
        stand.ask(update)
        truth = stand.truth()
        stand.results.rename(tmp_path / "away")
        reader = stand if path == "the same" else elsewhere(stand, tmp_path / "reader")
        assert reader.seen() == truth
        assert reader.seen(RunFilter(since="2026-02")) == truth[-1:]
        assert reader.seen(newest=2) == truth[-2:]
        held = "its newest run began at 2026-02-03T00:00:00+00:00"
        line = f"the index is shown as it is, because {stand.results} is not on this computer; {held}"
        assert set(reader.notes) == {line}
        (tmp_path / "away").rename(stand.results)
        assert stand.seen() == truth
        assert stand.effort.read == 0, "nothing was forgotten"

    def test_numbers_and_newest_points(self, stand: Stand, tmp_path: Path) -> None:
        def look(index: RunIndex) -> tuple[Any, ...]:
            update(index)
            series = {key: len(points) for key, points in load_history(index).series.items()}
            return list_nodes(index), list_newest(index), list_newest(index, "one"), list_newest(index, "no"), series

        stand.add("20260301", node="two")
        stand.add("20260302", node="two", results=())
        here = stand.ask(look)
        own = Stand(tmp_path).ask(look)
        stand.results.rename(tmp_path / "away")
        assert stand.ask(look) == here == own
        nodes, newest, of_one, of_none, series = here
        told = [(one.node, one.runs, one.unread, one.newest[:10]) for one in nodes]
        assert told == [("one", 3, 0, "2026-02-03"), ("two", 2, 0, "2026-03-02")]
        assert {one.harness for one in nodes} == {sheet.run().harness}
        assert sum(one.points for one in nodes) == sum(series.values())
        assert len(newest) == len(series)
        assert len(of_one) == len(newest) // 2
        assert of_none == ()
        days = {(one.node, one.start[:10]) for one in newest}
        assert days == {("one", "2026-02-03"), ("two", "2026-03-01")}, "the newest run of two has no number"

    def test_a_mistyped_path_does_not_pass_for_the_folder_that_is_here(self, stand: Stand, tmp_path: Path) -> None:
        """What is planned or indexed for one folder must not rest on another one."""
        stand.ask(update)
        stand.add("20260401")
        typed = elsewhere(stand, tmp_path / "mistyped")
        assert typed.ask(update) == 0
        assert typed.notes
        assert all(f"{typed.results} is not on this computer" in note for note in typed.notes)
        assert stand.ask(update) == 1

    def test_several_folders_are_named(self, stand: Stand, tmp_path: Path) -> None:
        stand.ask(update)
        elsewhere(stand, tmp_path / "other").add("20260401")
        elsewhere(stand, tmp_path / "other").ask(update)
        with pytest.raises(UnfitError, match="knows nothing of") as raised:
            elsewhere(stand, tmp_path / "reader").seen()
        assert str(stand.results) in raised.value.cause
        assert str(tmp_path / "other" / "results") in raised.value.cause
        assert raised.value.hint.startswith("--results ")

    def test_a_folder_that_is_not_mounted_is_not_one_without_runs(self, stand: Stand, tmp_path: Path) -> None:
        stand.ask(update)
        truth = stand.truth()
        stand.results.rename(tmp_path / "away")
        stand.results.mkdir()
        assert stand.seen() == truth
        assert "is empty, as if it were not mounted" in stand.notes[0]
        (stand.results / "one").mkdir()
        assert stand.seen() == [], "an empty node is one whose runs were removed"

    def test_verbs_without_bundles(self, kit: Kit, server: Server) -> None:
        stand = Stand(kit.folder)
        for day in DAYS:
            stand.add(day)
        stand.add(DAYS[0], node="two")
        time.sleep(2.1)  # what is younger than two seconds when it is read is read again by the next one
        environ = {"HARNESS_DATABASE": server.create()}
        assert kit.harness("index", "--numbers", environ=environ).returncode == 0
        told = {
            words: kit.harness(*words, environ=environ).stdout
            for words in (("list",), ("history", "--json"), ("events", "--json"), ("index", "--nodes"))
        }
        stand.results.rename(kit.folder / "away")
        for words, before in told.items():
            done = kit.harness(*words, environ=environ)
            now, then = (json.loads(text)["result"] if "--json" in words else text for text in (done.stdout, before))
            assert (done.returncode, now) == (0, then), done.stderr
            assert done.stderr.count("the index is shown as it is") == 1
        done = kit.harness("site", "-o", str(kit.folder / "site"), environ=environ)
        assert done.returncode == 0, done.stderr
        for line in ("runs have no pages", "the index is shown as it is"):
            assert done.stderr.count(line) == 1, "once, and not for every node"
        assert (kit.folder / "site" / "index.html").is_file()
        done = kit.harness("index", environ=environ)
        assert done.returncode == 3
        assert "cannot be brought up to date from here" in done.stderr
        done = kit.harness("show", "node=one", environ=environ)
        assert done.returncode == 3
        assert f"cause: {stand.results} is not on this computer" in done.stderr
        done = kit.harness("index", "--newest", environ=environ)
        assert len(done.stdout.splitlines()) > 1, "a header, and series"
        assert kit.harness("index", "--node", "one", environ=environ).returncode == 2


class TestCollectors:
    """Several processes that fill one database."""

    def test_side_by_side_killed_and_begun_again(self, kit: Kit, server: Server) -> None:
        parts = [kit.folder / f"part-{number}" for number in range(4)]
        for number, part in enumerate(parts):
            inbox = Stand(part)
            for day in range(10, 30):
                inbox.add(f"202601{day}", node=f"node-{number}")
        environ = {"HARNESS_DATABASE": server.create()}
        children = [kit.start("import", str(part), environ=environ) for part in parts]
        children += [kit.start("index", "--numbers", environ=environ) for _ in range(4)]
        for child in children:
            assert child.communicate(timeout=240)[1].count("Traceback") == 0
        assert {child.returncode for child in children} == {0}
        victims = [kit.start("index", "--rebuild", "--numbers", environ=environ) for _ in range(2)]
        time.sleep(0.5)
        victims[0].send_signal(signal.SIGKILL)
        for child in victims:
            child.communicate(timeout=240)
        children = [kit.start("index", "--numbers", environ=environ) for _ in range(4)]
        said = [child.communicate(timeout=240) for child in children]
        assert {child.returncode for child in children} == {0}, said
        shared = count(server, environ["HARNESS_DATABASE"])
        assert shared["run"] == shared["detail"] == 80, "none lost, none doubled"
        done = [kit.harness(*words, "--json", environ=environ).stdout for words in (("history",), ("index", "--nodes"))]
        own = [kit.harness(*words, "--json").stdout for words in (("history",), ("index", "--nodes"))]
        assert done == own, "both databases say the same"

    def test_a_server_that_is_started_again_in_the_middle(self, server: Server, stand: Stand) -> None:
        asked = []

        def look(index: RunIndex) -> int:
            asked.append(index)
            index.refresh()
            if len(asked) == 1:
                server.stop()
                server.start()
            assert measure(index) == []
            return len(load_history(index).details)

        assert stand.ask(look) == 3
        assert len(asked) == 2
        assert count(server, stand.places.database)["detail"] == 3

    def test_a_run_that_came_after_the_month_was_listed_is_not_forgotten(
        self, stand: Stand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One process lists a month; a run comes; another one reads it; then the first one compares."""
        stand.ask(update)
        stand.add("20260115")

        def look(index: RunIndex) -> list[str]:
            original = index._bring

            def late(*words: object) -> None:
                monkeypatch.setattr(index, "_bring", original)
                stand.add("20260116")
                elsewhere(stand, stand.results.parent).ask(update)
                original(*words)  # type: ignore[arg-type]

            monkeypatch.setattr(index, "_bring", late)
            index.refresh()
            return [one.run_id[:8] for one in index.choose()]

        assert stand.ask(look) == ["20260101", "20260102", "20260115", "20260116", "20260203"]


class TestRights:
    """As few rights as do, as docs/how-to/fleet.md grants them."""

    @pytest.fixture
    def logins(self, server: Server) -> dict[str, str]:
        """Return a URL for each role, in a new database."""
        (text,) = SQL.findall((ROOT / "docs" / "how-to" / "fleet.md").read_text(encoding="utf-8"))
        name = f"fleet{time.monotonic_ns()}"
        roles = ("fleet_owner", "fleet_writer", "fleet_reader")
        text = re.sub(r"\bDATABASE fleet\b", f"DATABASE {name}", text)
        first, second = re.split(r"\\connect fleet\n", text)
        with server.connect("postgres") as connection:
            known = connection.execute("SELECT rolname FROM pg_roles").fetchall()
            for statement in split(first):
                if not any((role,) in known for role in roles if f"ROLE {role} " in f"{statement} "):
                    connection.execute(statement)
            for role in roles:
                connection.execute(f"ALTER ROLE {role} PASSWORD 'x'")
        with server.connect(name) as connection:
            for statement in split(second):
                connection.execute(statement)
        return {role: f"postgresql+psycopg://{role}:x@127.0.0.1:{server.port}/{name}" for role in roles}

    @pytest.mark.usefixtures("settled")
    def test_each_role_does_its_part_and_no_more(self, logins: dict[str, str], tmp_path: Path) -> None:
        owner, writer, reader = (Stand(tmp_path, url) for url in logins.values())
        owner.add(DAYS[0])
        for early in (reader, writer):
            with pytest.raises(UnfitError, match="the database cannot be used") as raised:
                early.seen()
            assert "harness index  # once, with the login that owns the database" in raised.value.hint
        owner.ask(update)
        for day in DAYS[1:]:
            owner.add(day)
        assert len(reader.seen()) == 1
        assert "this login may only read" in reader.notes[0]
        assert writer.ask(update) == 2
        assert reader.seen() == writer.seen() == owner.truth()
        shutil.rmtree(owner.truth()[0].path)
        assert writer.seen() == owner.truth(), "a writer forgets what is gone"
        for login in (reader, writer):
            with pytest.raises(UnfitError) as raised:
                login.ask(update, rebuild=True)
            assert "no other can make them anew" in raised.value.hint
        assert owner.ask(update, rebuild=True) == 2
        assert reader.seen() == writer.seen() == owner.truth(), "rights outlive it"

    @pytest.mark.parametrize(
        ("role", "statement"),
        [
            ("fleet_reader", "DELETE FROM harness_run"),
            ("fleet_reader", "UPDATE harness_meta SET value = '1'"),
            ("fleet_reader", "CREATE TABLE other (x int)"),
            ("fleet_writer", "DROP TABLE harness_run"),
            ("fleet_writer", "CREATE TABLE other (x int)"),
            ("fleet_writer", "TRUNCATE harness_run"),
        ],
    )
    def test_what_a_role_may_not(
        self, server: Server, logins: dict[str, str], tmp_path: Path, role: str, statement: str
    ) -> None:
        import psycopg

        Stand(tmp_path, logins["fleet_owner"]).ask(update)
        with (
            psycopg.connect(logins[role].replace("+psycopg", "")) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement)

    @pytest.mark.parametrize(
        ("taken", "hint"),
        [
            ("SELECT ON harness_meta", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO fleet_writer"),
            (
                "DELETE ON harness_sweep",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fleet_writer",
            ),
            ("USAGE ON SEQUENCE harness_run_id_seq", "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fleet_writer"),
        ],
    )
    def test_a_right_that_is_missing_is_named(
        self, server: Server, logins: dict[str, str], tmp_path: Path, taken: str, hint: str
    ) -> None:
        owner, writer = Stand(tmp_path, logins["fleet_owner"]), Stand(tmp_path, logins["fleet_writer"])
        owner.ask(update)
        owner.add(DAYS[0])
        name = logins["fleet_owner"].rpartition("/")[2]
        with server.connect(name) as connection:
            connection.execute(f"REVOKE {taken} FROM fleet_writer")
        with pytest.raises(UnfitError, match="the database cannot be used") as raised:
            writer.ask(update)
        assert raised.value.hint == hint
        assert "permission denied" in raised.value.cause
        with server.connect(name) as connection:
            connection.execute(hint)
        assert writer.ask(update) == 1, "the command that was named helps"


def split(text: str) -> list[str]:
    """Return the statements of a script for psql, without its own commands and comments."""
    lines = (line.partition("--")[0] for line in text.splitlines() if not line.startswith("\\"))
    return [one.strip() for one in "\n".join(lines).split(";") if one.strip()]


def test_two_versions_of_the_harness_share_a_database(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.ask(update)
    monkeypatch.setattr("harness.store.index.access.name_code", lambda: "0" * 12)
    monkeypatch.setattr("harness.store.index.database.__version__", "9.9.9")
    stand.add("20260310")
    assert stand.ask(update) == 1, "other code of the same schema reads and writes"
    monkeypatch.setattr("harness.store.index.database.SCHEMA", 10**6)
    monkeypatch.setattr("harness.store.index.refusal.SCHEMA", 10**6)
    with pytest.raises(UnfitError, match=r"was made by another harness \(0\.") as raised:
        stand.seen()
    assert "harness index --rebuild  # when all who use the database have this harness" in raised.value.hint


def test_a_night_is_refused_an_index_that_would_not_know_what_it_measures(kit: Kit, server: Server) -> None:
    branch, url = Branch(kit), server.create()
    assert branch.night(environ={"HARNESS_DATABASE": url}).returncode == 0
    bundles = kit.bundles()
    name = url.rpartition("/")[2]
    with server.connect(name) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    branch.add("one")
    done = branch.night(environ={"HARNESS_DATABASE": url})
    assert done.returncode == 3
    assert "what is measured would not reach the index" in done.stderr
    assert "a login that may write" in done.stderr
    assert kit.bundles() == bundles
