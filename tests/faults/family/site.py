"""`site` struck at every kind of call that writes, with its own files damaged, and by several processes at once."""

import errno
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.family.index import lay_out
from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen
from tests.faults.judge import judge_words
from tests.faults.shim import KILL, Rule, Shimmed, error_name
from tests.faults.stage import Done, Stage

_SITE = ("site", "-o", "@/site")
_INTERRUPT = -int(signal.SIGINT)
_YEAR_S = 31_557_600
# So many calls of each kind below the site are struck: where there is none yet, and where a run is new and one is gone.
CALLS: dict[str, dict[str, tuple[int, ...]]] = {
    "new": {
        "mkdir": (1, 2, 3, 4),
        "create": (1, 2, 3, 5, 8),
        "write": (1, 2, 5, 8),
        "rename": (1, 2, 3, 5, 8),
        "fsync": (1, 2),
    },
    "next": {
        "mkdir": (1, 2, 3),
        "create": (1, 2, 3, 5),
        "write": (1, 2, 5),
        "rename": (1, 2, 3, 5),
        "unlink": (1, 2),
        "fsync": (1, 2),
    },
}
_BEFORE_THE_FIRST_RENAME = ("mkdir", "create", "write")
_EXPECTED = "expected"


class Struck(Look):
    """A site is struck at one call: the old one stays, or the new one is there, and the next call completes it."""

    scenario: str
    call: str
    nth: int
    error: int
    count: int = 1

    def look(self, stage: Stage) -> Iterator[Deviation]:
        expected = prepare(stage, self.scenario)
        before = list_pages(stage)
        rule = Rule(call=self.call, nth=self.nth, error=self.error, below="site", count=self.count)
        Shimmed(rules=(rule,)).strike(stage)
        done = stage.call(_SITE)
        struck = stage.struck
        stage.mend()
        yield from judge_words(done)
        if not struck:
            yield Deviation(kind=Kind.WRONG, what="the fault did not strike")
        codes = {KILL: (KILL,), _INTERRUPT: (130, 0)}.get(self.error, (0, 3))
        if done.code not in codes:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} instead of {codes}: {done.text[-500:]}")
        if done.code in (3, 130) and "harness: " not in done.stderr:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code} without a sentence")
        now = list_pages(stage)
        if done.code == 0 and now != expected:
            yield Deviation(kind=Kind.GREEN, what=f"it ends well without {sorted(expected.items() ^ now.items())[:3]}")
        if done.code and self.call in _BEFORE_THE_FIRST_RENAME and self.is_early and now != before:
            yield Deviation(kind=Kind.LOST, what=f"the old site has changed: {sorted(before.keys() ^ now.keys())[:5]}")
        yield from judge_next(stage, expected)

    @property
    def is_early(self) -> bool:
        """Whether the call comes before the first page of the new site has its place."""
        return self.call != "mkdir" or self.scenario == "next"


class Damaged(Look):
    """Files of a site are not what they were when it was written: the next call makes them again."""

    form: str
    damage: str

    def look(self, stage: Stage) -> Iterator[Deviation]:
        expected = prepare(stage, "same")
        site = stage.kit.folder / "site"
        found = [path for path in sorted(site.glob(self.form)) if path.is_file()]
        if not found:
            yield Deviation(kind=Kind.WRONG, what=f"there is no {self.form}")
            return
        spoil(found[0], self.damage)
        done = stage.call(_SITE)
        yield from judge_words(done)
        if done.code == 3 and self.damage == "folder":
            found[0].rmdir()
        elif done.code == 2 and self.form == "site.json":
            stage.call((*_SITE, "--force"))  # nobody can tell any more whose site it is
        elif done.code != 0:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        yield from judge_next(stage, expected)


class Rivals(Look):
    """Several processes write one site at once; one of them may be killed."""

    kill: bool = False

    def look(self, stage: Stage) -> Iterator[Deviation]:
        expected = prepare(stage, "next")
        words = [word.replace("@", str(stage.kit.folder)) for word in _SITE]
        rivals = [stage.kit.start(*words) for _ in range(3)]
        if self.kill:
            time.sleep(0.3)
            rivals[0].kill()
        done = stage.call(_SITE)
        ends = [(rival.communicate(timeout=120)[1], rival.returncode) for rival in rivals]
        yield from judge_words(done)
        wrong = [end for end in ends[self.kill :] if end[1] or "Traceback" in end[0]]
        if wrong or done.code:
            yield Deviation(kind=Kind.WRONG, what=f"{done.code} {done.text[-300:]} {wrong}")
        yield from judge_next(stage, expected)


class Jumped(Look):
    """The calendar clock jumps while a site is made: its pages are not older or newer for that."""

    seconds: int

    def look(self, stage: Stage) -> Iterator[Deviation]:
        expected = prepare(stage, "next")
        Shimmed(clock=f"2 {self.seconds}").strike(stage)
        done = stage.call(_SITE)
        stage.mend()
        yield from judge_words(done)
        if done.code:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        yield from judge_next(stage, expected)


class Crowded(Look):
    """There is something in the folder that is not of the site: it is there afterwards, as it was."""

    what: str

    def look(self, stage: Stage) -> Iterator[Deviation]:
        expected = prepare(stage, "next" if self.what != "foreign" else "new")
        site, others = stage.kit.folder / "site", stage.kit.folder / "others"
        others.mkdir()
        (others / "thesis.html").write_text("mine")
        site.mkdir(exist_ok=True)
        if self.what == "foreign":
            (site / "thesis.html").write_text("mine")
        elif self.what == "nodes":
            shutil.rmtree(site / "nodes")
            (site / "nodes").symlink_to(others)
        else:
            (site / self.what).unlink(missing_ok=True)
            (site / self.what).symlink_to(others if self.what == ".staging" else others / "thesis.html")
        done = stage.call(_SITE)
        yield from judge_words(done)
        codes = {"foreign": (2,), "nodes": (3,), ".lock": (3,)}.get(self.what, (0,))
        if done.code not in codes:
            yield Deviation(kind=Kind.WRONG, what=f"exit code {done.code}: {done.text[-500:]}")
        for path in (others / "thesis.html", *([site / "thesis.html"] if self.what == "foreign" else [])):
            if path.read_text() != "mine" or len(list(others.iterdir())) != 1:
                yield Deviation(kind=Kind.LOST, what=f"{path} is not what it was")
        if done.code:
            for name in ("thesis.html", "nodes", ".lock"):
                if (site / name).is_symlink() or name == "thesis.html":
                    (site / name).unlink(missing_ok=True)
        yield from judge_next(stage, expected)


def prepare(stage: Stage, scenario: str) -> dict[str, bytes]:
    """Lay out runs, and a site of those before; return the pages that there must be in the end."""
    stand = lay_out(stage)
    if scenario in ("next", "same"):
        late = stand.add("20260310", node="two")
        stage.call(_SITE)
        if scenario == "next":
            shutil.rmtree(late.parents[1])
            stand.add("20260311")
            stand.add("20260312", node="three")
    stage.call(("site", "-o", f"@/{_EXPECTED}"))
    return list_pages(stage, _EXPECTED)


def list_pages(stage: Stage, name: str = "site") -> dict[str, bytes]:
    """Return the files that a reader of a site can come to; its manifest tells when they were written."""
    site = stage.kit.folder / name
    found = (path for path in site.rglob("*") if path.is_file())
    pages = {str(path.relative_to(site)): path.read_bytes() for path in found}
    return {path: content for path, content in pages.items() if not path.startswith(".") and path != "site.json"}


def judge_next(stage: Stage, expected: dict[str, bytes]) -> Iterator[Deviation]:
    """Yield what the next call does not complete, or tidy up."""
    done: Done = stage.call(_SITE)
    yield from judge_words(done)
    if done.code:
        yield Deviation(kind=Kind.WRONG, what=f"the next one ends with {done.code}: {done.text[-500:]}")
        return
    if (now := list_pages(stage)) != expected:
        differ = sorted(name for name in now.keys() | expected.keys() if now.get(name) != expected.get(name))
        yield Deviation(kind=Kind.LOST, what=f"the next site is another one: {differ[:5]}")
    left = [path.name for path in (stage.kit.folder / "site").glob(".*") if path.name != ".lock"]
    if left:
        yield Deviation(kind=Kind.FILE, what=f"{left}")


def spoil(path: Path, damage: str) -> None:
    """Damage a file."""
    content = path.read_bytes()
    if damage == "same-size":
        path.write_bytes(bytes(len(content)))
        os.utime(path, ns=(1, 1))
    elif damage == "half":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "newer":
        path.write_text(json.dumps(json.loads(content) | {"schema": 99}))
    elif damage == "text":
        path.write_text("x")
    else:
        path.unlink()
        if damage == "folder":
            path.mkdir()
        elif damage == "link":
            path.symlink_to("/etc/hosts")
        elif damage == "pipe":
            os.mkfifo(path)
        elif damage == "empty":
            path.touch()


def _fault(name: str, where: str, what: str, look: Look, *, sample: bool = False) -> Fault:
    return Fault(
        family=Family.SITE, name=name, where=where, what=what, deeds=(look,), seen=Seen(), words=(), sample=sample
    )


def _struck() -> Iterator[Fault]:
    for scenario, calls in CALLS.items():
        for call, numbers in calls.items():
            for nth in numbers:
                for error in (KILL, errno.EIO if call in ("unlink", "fsync") else errno.ENOSPC):
                    name = error_name(error)
                    yield _fault(
                        f"{scenario}-{call}-{nth}-{name}",
                        f"{call} number {nth} below the site ({scenario})",
                        f"{name} there",
                        Struck(scenario=scenario, call=call, nth=nth, error=error, count=1 if error < 0 else 0),
                        sample=(scenario, call, nth) in (("next", "rename", 3), ("next", "write", 5)),
                    )
    for name, error, call in (("read-only", errno.EROFS, "create"), ("quota", errno.EDQUOT, "write")):
        look = Struck(scenario="next", call=call, nth=1, error=error, count=0)
        yield _fault(name, "the folder of the site", error_name(error), look)
    for call, nth in (("write", 3), ("rename", 3), ("create", 5)):
        look = Struck(scenario="next", call=call, nth=nth, error=_INTERRUPT)
        yield _fault(f"SIGINT-{call}", f"{call} number {nth} below the site", "SIGINT", look)


def _others() -> Iterator[Fault]:
    for form, damages in {
        "site.json": ("gone", "empty", "half", "text", "newer", "link", "pipe"),
        "state/*.json": ("gone", "empty", "half", "same-size", "text", "newer", "link", "pipe"),
        "index.html": ("gone", "half", "same-size", "link", "folder", "pipe"),
        "nodes/*/series/*.html": ("gone", "text", "link", "folder"),
    }.items():
        for damage in damages:
            name = f"damaged-{form.replace('/*', '').replace('.', '-').replace('/', '-').strip('*-')}-{damage}"
            look = Damaged(form=form, damage=damage)
            yield _fault(name, form, f"{damage} instead of what it was", look, sample=name == "damaged-site-json-half")
    yield _fault("rivals", "one folder", "four processes at once", Rivals(), sample=True)
    yield _fault("rival-killed", "one folder", "four processes at once, of which one is killed", Rivals(kill=True))
    for name, seconds in (("a-year-back", -_YEAR_S), ("ten-years-on", 10 * _YEAR_S), ("to-1970", -56 * _YEAR_S)):
        yield _fault(f"clock-{name}", "the second look at the clock", "it jumps", Jumped(seconds=seconds))
    for what in ("foreign", "nodes", "index.html", ".lock", ".staging"):
        name = f"crowded-{what.replace('.', '')}"
        yield _fault(name, "the folder of the site", f"{what} is of others", Crowded(what=what))


FAULTS: tuple[Fault, ...] = (*_struck(), *_others())
