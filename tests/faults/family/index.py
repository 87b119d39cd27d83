"""The index of the runs struck at every kind of call that writes, damaged, locked, and in the way."""

import errno
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from tests.answer import result_of
from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name
from tests.faults.stage import Done, Stage
from tests.stand import DAYS, Stand

_INTERRUPT = -int(signal.SIGINT)
_LIST = ("list", "--all", "--json")
# So many calls of each kind below the index are struck: where there is none yet, and where it is a run behind.
CALLS: dict[str, dict[str, tuple[int, ...]]] = {
    "new": {"mkdir": (1, 2), "create": (1, 2, 3, 4), "write": (1, 2, 3, 5, 10, 20, 40), "unlink": (1, 2)},
    "behind": {"create": (1, 2, 3), "write": (1, 2, 3, 5), "unlink": (1, 2)},
}


class Struck(Look):
    """A list is struck at one call below its index: it says what the bundles say, and so does the next one."""

    scenario: str
    call: str
    nth: int
    error: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        stand = lay_out(stage)
        if self.scenario == "behind":
            stage.call(("index",))
            stand.add("20260310")
        count = 1 if self.error < 0 else 0
        rule = Rule(call=self.call, nth=self.nth, error=self.error, below="cache/index", count=count)
        Shimmed(rules=(rule,)).strike(stage)
        done = stage.call(_LIST)
        struck = stage.struck
        stage.mend()
        if not struck:
            yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
        if done.code not in ({KILL: (KILL,), _INTERRUPT: (130, 0)}.get(self.error) or (0,)):
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        if done.code == 0:
            yield from judge_list(done, stand)
        yield from judge_list(stage.call(_LIST), stand)


class Damaged(Look):
    """An index is not what it was when it was written."""

    damage: str

    def look(self, stage: Stage) -> Iterator[Deviation]:
        stand = lay_out(stage)
        stage.call(("index", "--numbers"))
        file = stand.file()
        content = file.read_bytes()
        cuts = {"empty": b"", "half": content[: len(content) // 2], "text": b"x" * 9000}
        if self.damage in cuts:
            file.write_bytes(cuts[self.damage])
        elif self.damage == "folder":
            file.unlink()
            file.mkdir()
        elif self.damage == "journal":
            file.with_name(f"{file.name}-wal").write_bytes(content)
        else:
            connection = sqlite3.connect(file)
            connection.execute(self.damage)
            connection.commit()
            connection.close()
        for _ in range(2):
            yield from judge_list(stage.call(_LIST), stand)
        if self.damage == "folder":
            file.rmdir()


class Held(Look):
    """Another process holds the index, and does not let go of it."""

    def look(self, stage: Stage) -> Iterator[Deviation]:
        stand = lay_out(stage)
        stage.call(("index",))
        stand.add("20260310")
        other = sqlite3.connect(stand.file(), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield from judge_list(stage.call(_LIST), stand)
        other.close()
        yield from judge_list(stage.call(_LIST), stand)


def lay_out(stage: Stage) -> Stand:
    """Put some runs beside the one that must not suffer."""
    stand = Stand(stage.kit.folder)
    for day in DAYS:
        stand.add(day)
    return stand


def judge_list(done: Done, stand: Stand) -> Iterator[Deviation]:
    """Yield where a list says something else than the bundles."""
    yield from judge_words(done)
    if done.code:
        yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        return
    said = [(card["id"], card["release"], card["path"]) for card in result_of(done.stdout)["runs"]]
    truth = [(card.id, card.release, card.path) for card in stand.truth()]
    if said != truth:
        yield Deviation(kind=Kind.GREEN, what=f"the list says {said}, and the bundles {truth}")
    if left := [path.name for path in Path(stand.cache).glob("index/*/*.tmp")]:
        yield Deviation(kind=Kind.FILE, what=f"{left}")


def _fault(name: str, where: str, what: str, look: Look, *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.INDEX, name=name, where=where, what=what, deeds=(look,), seen=Seen(), words=(), sample=sample
    )


def _struck() -> Iterator[Fault]:
    for scenario, calls in CALLS.items():
        for call, numbers in calls.items():
            for nth in numbers:
                for error in (KILL, errno.EIO if call == "unlink" else errno.ENOSPC):
                    name = error_name(error)
                    yield _fault(
                        f"{scenario}-{call}-{nth}-{name}",
                        f"{call} number {nth} below the index ({scenario})",
                        f"{name} there",
                        Struck(scenario=scenario, call=call, nth=nth, error=error),
                        sample=(scenario, call, nth, error) == ("behind", "write", 2, KILL),
                    )
    yield _fault(
        "read-only",
        "the folder of the index",
        "EROFS",
        Struck(scenario="behind", call="create", nth=1, error=errno.EROFS),
    )
    yield _fault(
        "SIGINT", "a write below the index", "SIGINT", Struck(scenario="new", call="write", nth=10, error=_INTERRUPT)
    )


def _damaged() -> Iterator[Fault]:
    for name, damage in (
        ("empty", "empty"),
        ("half", "half"),
        ("text", "text"),
        ("folder", "folder"),
        ("journal", "journal"),
        ("no-table", "DROP TABLE harness_run"),
        ("no-column", "ALTER TABLE harness_run DROP COLUMN release"),
        ("newer", "UPDATE harness_meta SET value = '99' WHERE name = 'schema'"),
        ("edited", "UPDATE harness_run SET release = 'v9'"),
        ("other-type", "UPDATE harness_run SET models = x'ff'"),
    ):
        yield _fault(f"damaged-{name}", "the file of the index", name, Damaged(damage=damage), sample=name == "half")
    yield _fault("held", "the file of the index", "another process holds it", Held())


FAULTS: tuple[Fault, ...] = (*_struck(), *_damaged())
