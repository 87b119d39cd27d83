"""Nights: killed at every step, stopped, out of room, without a build or a network; and what they left is edited."""

import errno
import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.bisect.answer import read_answer
from harness.parse.result_name import SCRATCH
from harness.records.bisection import BisectVerdict
from harness.store.bisection_file import load_bisection
from harness.store.bundle import PLAN, RUN
from tests.answer import result_of
from tests.faults.deed import Rival, Signalled, tool
from tests.faults.fault import Deed, Family, Fault, Seen, refuses
from tests.faults.shim import KILL, Shimmed, error_name, failing
from tests.faults.stage import Stage
from tests.flow.repository import Repository
from tests.flow.test_flow_bisect import IDENTITY
from tests.flow.test_flow_nightly import Branch
from tests.player import Started

NIGHT = (
    *("nightly", "--repo", "@/upstream", "--model", "tiny", "--weights", "@W", "--threads", "2", "--engine", "bench"),
    *("--repetitions", "1", "--no-tests", "--no-relink", "--budget", "30m", "--notify", "@/tell"),
)
# How many commits there are, how many of them were measured, and the first one that is slow.
_COMMITS, _MEASURED, _SLOW = 16, 15, 12
_QUIET, _CHANGED = 0, 20
# So many more nights do the rest.
_NIGHTS = 2
_WAIT_S = 120
_TELL = "#!/bin/sh\n{before}\ncat >> {folder}/told\n{after}\n"
# What a night that was killed leaves until it is gone on with.
_LEFT = ("*.partial", ".block-*", "*.tmp")


class Past(Deed):
    """There is a branch whose newest runs look slower than those before, for a commit made it slower.

    The command of --notify keeps what it reads; `before` and `after` is what else it does.
    """

    before: str = ""
    after: str = ""

    def strike(self, stage: Stage) -> None:
        branch = Branch(stage.kit)
        branch.add(*(f"c{number}" for number in range(1, _COMMITS)))
        branch.slow_from(_SLOW)
        branch.remember(branch.shas[:_MEASURED], since=_SLOW)
        (stage.kit.folder / "culprit").write_text(branch.shas[_SLOW])
        command = stage.kit.folder / "tell"
        command.write_text(_TELL.format(before=self.before, after=self.after, folder=stage.kit.folder))
        command.chmod(0o755)

        def mend() -> None:
            command.write_text(_TELL.format(before="", after="", folder=stage.kit.folder))

        stage.menders.append(mend)


class GoesOn(Deed):
    """Afterwards the next nights do the rest: the commit of the change is known, nothing is lost, and all is told once.

    `told` is how often the change may have been told: a night that is killed as it tells leaves that open. It must be
    new in one of these nights, unless it was `new_before`.
    """

    told: tuple[int, ...] = (1,)
    new_before: bool = False

    def strike(self, stage: Stage) -> None:
        def check() -> str:
            kept = _sum_up(stage)
            stage.mend()
            codes = [_CHANGED] if self.new_before else []
            for _ in range(_NIGHTS):
                done = stage.call(NIGHT)
                codes.append(done.code)
                if done.code not in (_QUIET, _CHANGED):
                    return f"the next night ends with {done.code}: {done.text.strip()[-900:]}"
            return _find_loss(stage, kept) or _find_flaw(stage, codes, self.told)

        stage.checks.append(check)


class Killed(Deed):
    """A night is killed as soon as a tool was called so many times with a word."""

    word: str
    nth: int = 1

    def strike(self, stage: Stage) -> None:
        before = _count(stage, self.word)

        def act(child: Started) -> None:
            deadline = time.monotonic() + _WAIT_S
            while child.poll() is None and time.monotonic() < deadline:
                if _count(stage, self.word) >= before + self.nth:
                    child.send_signal(signal.SIGKILL)
                    return
                time.sleep(0.005)

        stage.during.append(act)


class Chain(Deed):
    """Nights were killed before, one after another, each a little later after its start."""

    kills: int

    def strike(self, stage: Stage) -> None:
        for number in range(self.kills):
            child = stage.kit.start(*(word.replace("@W", str(stage.kit.weights)) for word in _place(NIGHT, stage)))
            time.sleep(0.3 + 0.15 * number)
            child.kill()
            child.communicate()
        for left in stage.kit.temporary.glob(f"{SCRATCH}*"):
            shutil.rmtree(left)  # a kill leaves that in TMPDIR, which the system tidies up


class Settled(Deed):
    """Nights were made before, and the first one found the change."""

    nights: int = 1

    def strike(self, stage: Stage) -> None:
        for _ in range(self.nights):
            done = stage.call(NIGHT)
            assert done.code == _CHANGED, done.text


class Edited(Deed):
    """Files that a night left are edited: their text, or their mode; with neither they are removed."""

    form: str
    text: str | None = None
    mode: int = 0

    def strike(self, stage: Stage) -> None:
        found = sorted(stage.kit.results.glob(f"node-1/{self.form}"))
        assert found, self.form
        for path in found:
            if self.text is not None:
                path.write_text(self.text)
            elif self.mode:
                path.chmod(self.mode)
            else:
                path.unlink()


class Moved(Deed):
    """The repository is not what it was: it is gone, or its newest commit is another one."""

    gone: bool

    def strike(self, stage: Stage) -> None:
        place, aside = stage.kit.folder / "upstream", stage.kit.folder / "aside"
        if self.gone:
            place.rename(aside)
            stage.menders.append(lambda: _move(aside, place))
            return
        branch = Repository.__new__(Repository)
        branch.path, branch.environ = place, {**stage.kit.environ, **IDENTITY}
        branch.git("reset", "--quiet", "--hard", "HEAD~1")
        slow = branch.commit("another", **{"src/whisper.cpp": "// another\n"})
        speed = json.loads((stage.kit.tools / "speed.json").read_text())
        stage.kit.set_speed(speed["noise"], **speed["factors"], **{f"git-{slow[:12]}": 1.2})


def _find_loss(stage: Stage, kept: dict[str, str]) -> str:
    now = _sum_up(stage)
    if lost := [name for name, text in kept.items() if now.get(name) != text]:
        return f"lost or changed: {lost}"
    left = [path for path in stage.kit.partials() if (path / PLAN).is_file() and (path / RUN).is_file()]
    return f"left: {left}" if left else ""


def _find_flaw(stage: Stage, codes: list[int], told: tuple[int, ...]) -> str:
    """Return what is wrong after the last night; empty if nothing is."""
    events = result_of(stage.call(("events", "--all", "--json")).stdout)["events"]
    changes = [event["id"] for event in events if event["kind"] == "CODE"]
    if _CHANGED not in codes or len(changes) != 1:
        return f"exit codes {codes}, and the events {[(event['kind'], event['id']) for event in events]}"
    times = Counter(notice["event"]["id"] for notice in _read_told(stage.kit.folder / "told"))
    if times[changes[0]] not in told or any(count > 1 for count in times.values()):
        return f"told: {dict(times)}"
    found = [load_bisection(path) for path in stage.kit.results.glob("node-1/*/*.bisect.json")]
    answers = [read_answer(stage.kit.results, one, lambda _: None) for one in found]
    if [one.verdict for one in answers] != [BisectVerdict.FOUND] or not found[0].end:
        return f"searches: {[(one.id, one.end) for one in found]}, {[one.verdict for one in answers]}"
    named = {suspect.commit for culprit in answers[0].culprits for suspect in culprit.suspects}
    slow = (stage.kit.folder / "culprit").read_text()
    return "" if slow in named else f"{named} instead of {slow}"


def _read_told(path: Path) -> Iterator[dict[str, Any]]:
    text, decoder = (path.read_text() if path.exists() else "").strip(), json.JSONDecoder()
    while text:
        one, end = decoder.raw_decode(text)
        yield one
        text = text[end:].strip()


def _move(old: Path, new: Path) -> None:
    old.rename(new)


def _sum_up(stage: Stage) -> dict[str, str]:
    return {path.name: (path / "run.json").read_text() for path in stage.sealed()}


def _place(words: tuple[str, ...], stage: Stage) -> tuple[str, ...]:
    return tuple(word if word == "@W" else word.replace("@", str(stage.kit.folder)) for word in words)


def _count(stage: Stage, word: str) -> int:
    return sum(word in call and "no-weights" not in call for call in stage.kit.calls())


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...] = NIGHT) -> Fault:
    return Fault(family=Family.NIGHT, name=name, where=where, what=what, deeds=deeds, seen=seen, words=words)


def _killed() -> Iterator[Fault]:
    seen = Seen(codes=(-9,), keeps=_LEFT)
    for call, nths in {
        # The record of the head, its seal; the confirmation; the file of the search, its trials; the anchor.
        "rename": (1, 6, 12, 13, 25, 41, 47, 70, 110),
        "mkdir": (12, 30),
        "write": (170,),
        "fsync": (90,),
    }.items():
        for nth in nths:
            deeds = (Past(), *failing(call, nth, KILL, "results/node-1/"), GoesOn())
            yield _fault(f"killed-at-{call}-{nth}", f"{call} number {nth} in the results", "SIGKILL", *deeds, seen=seen)
    for word, nth in (("--build", 1), ("--build", 3), ("-m", 1), ("-m", 17), ("-m", 40)):
        deeds = (Past(), Killed(word=word, nth=nth), GoesOn())
        where = f"call number {nth} of a tool with {word}"
        yield _fault(f"killed{word}-{nth}", where, "SIGKILL", *deeds, seen=seen).replace(
            sample=(word, nth) == ("-m", 17)
        )
    for call, nth, told in (("create", 1, 1), ("fsync", 1, 1), ("unlink", 1, 0), ("create", 2, 1)):
        deeds = (Past(), *failing(call, nth, KILL, "results/node-1/.notices/"), GoesOn(told=(told,)))
        where = f"{call} number {nth} among the marks of what was told"
        yield _fault(f"killed-telling-{call}-{nth}", where, "SIGKILL", *deeds, seen=seen)
    deeds = (Past(before="kill -9 $PPID"), GoesOn())
    yield _fault("killed-as-it-tells", "the command of --notify", "it kills the harness", *deeds, seen=seen).replace(
        sample=True
    )
    for call in ("create", "fsync", "rename"):
        deeds = (Past(), Settled(nights=2), *failing(call, 1, KILL, "results/node-1/"), GoesOn())
        yield _fault(f"killed-reporting-{call}", f"{call} of the file of a night", "SIGKILL", *deeds, seen=seen)
    deeds = (Past(), Chain(kills=12), GoesOn())
    what = "SIGKILL after .3 s, the next one after .45 s, and so on"
    yield _fault("killed-again", "twelve nights, one after another", what, *deeds, seen=Seen(codes=(_CHANGED,)))


def _stopped() -> Iterator[Fault]:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        what = signal.Signals(number).name
        signalled = Signalled(number=number, word="-m")
        seen = Seen(codes=(130,), keeps=_LEFT)
        where = "the first benchmark of a night"
        yield _fault(f"signal-{what.lower()}", where, what, Past(), signalled, GoesOn(), seen=seen)
    deeds = (Past(before="kill -INT $PPID; sleep 1"), GoesOn())
    where = "the command of --notify"
    yield _fault("signal-as-it-tells", where, "it interrupts the harness", *deeds, seen=Seen(codes=(130,)))


def _out_of_room() -> Iterator[Fault]:
    for call, nth, error, below in (
        ("rename", 1, errno.ENOSPC, "results/node-1/"),
        ("rename", 20, errno.ENOSPC, "results/node-1/"),
        ("rename", 50, errno.EDQUOT, "results/node-1/"),
        ("rename", 105, errno.ENOSPC, "results/node-1/"),
        ("write", 100, errno.ENOSPC, "results/node-1/"),
        ("create", 1, errno.EROFS, "results/"),
        ("create", 150, errno.ENOSPC, "results/node-1/"),
        ("mkdir", 1, errno.EROFS, "results/"),
        ("fsync", 60, errno.EIO, "results/node-1/"),
        ("mkdir", 1, errno.ENOSPC, "cache/.block-"),
        ("create", 1, errno.ENOSPC, "cache/sources/"),
    ):
        yield _fault(
            f"room-{call}-{nth}-{error_name(error).lower()}-{below.split('/')[0]}",
            f"{call} number {nth} below {below}",
            f"{error_name(error)} from there on",
            *(Past(), *failing(call, nth, error, below), GoesOn()),
            seen=refuses(3, os.strerror(error), keeps=_LEFT),
        ).replace(sample=(call, nth) == ("rename", 20))
    for call, nth in (("create", 1), ("mkdir", 1), ("write", 1), ("fsync", 1)):
        deeds = (Past(), *failing(call, nth, errno.ENOSPC, "results/node-1/.notices"), GoesOn())
        where = f"{call} number {nth} among the marks of what was told"
        yield _fault(f"room-telling-{call}", where, "ENOSPC from there on", *deeds, seen=Seen(codes=(_CHANGED,)))
    for call in ("create", "rename", "fsync"):
        deeds = (Past(), Settled(nights=2), *failing(call, 1, errno.ENOSPC, "results/node-1/"), GoesOn())
        where = f"{call} of the file of a night"
        yield _fault(f"room-reporting-{call}", where, "ENOSPC from there on", *deeds, seen=Seen(codes=(_CHANGED,)))


def _around() -> Iterator[Fault]:
    """Yield what goes wrong around a night: clocks, locks, builds, the repository, the command of --notify."""
    deeds: tuple[Deed, ...]
    for name, clock in {"back": "1 -31536000", "back-meanwhile": "400 -86400", "ahead": "1 31536000"}.items():
        deeds = (Past(), Shimmed(clock=clock), GoesOn(new_before=True))
        where = "the calendar clock, from its look number .. on, by so many seconds"
        yield _fault(f"clock-{name}", where, clock, *deeds, seen=Seen(codes=(_CHANGED,)))
    for lock, said in {"night": "another night is in progress", "node": "another run is in progress"}.items():
        rival = Rival(path=f"tmp/whisper-harness-{lock}.lock", seconds=60)
        seen = refuses(3, said)
        where = f"the lock of the {lock}"
        words = (*NIGHT, "--no-wait")
        yield _fault(f"lock-{lock}", where, "another process holds it", Past(), rival, GoesOn(), seen=seen, words=words)
    failing_build = {"exit": 1, "print": "src/whisper.cpp:1:1: error: nonsense"}
    for name, spare, code in (("old", 0, _QUIET), ("new", 1, _QUIET), ("head", 2, _CHANGED), ("anchor", 4, _CHANGED)):
        struck = tool("cmake --build", **failing_build, spare=spare, times=1)
        # What does not build is compared again on another day, and that is not today.
        deeds = (Past(), struck, *(() if code == _QUIET else (GoesOn(),)))
        yield _fault(
            f"build-{name}", f"build number {spare + 1} of a night", "it fails", *deeds, seen=Seen(codes=(code,))
        )
    full = {"exit": 1, "print": "a.cpp:6:1: fatal error: error writing to /tmp/x.s: No space left on device"}
    deeds = (Past(), tool("cmake --build", **full, times=1), GoesOn())
    yield _fault("build-disk-full", "the build of the head", "no space is left", *deeds, seen=refuses(3, "No space"))
    deeds = (Past(), Moved(gone=False), GoesOn())
    yield _fault("rewritten", "the branch", "its newest commit is another one", *deeds, seen=Seen(codes=(_CHANGED,)))
    deeds = (Past(), Settled(), Moved(gone=True), GoesOn())
    yield _fault("gone", "the repository", "it is gone", *deeds, seen=Seen(codes=(_CHANGED, 2)))
    for name, before in {"fails": "exit 3", "mute": "exec true", "killed": "kill -9 $$"}.items():
        deeds = (Past(before=before), GoesOn(told=(0,)))
        where = "the command of --notify"
        yield _fault(f"notify-{name}", where, f"it does {before} at once", *deeds, seen=Seen(codes=(_CHANGED,)))
    deeds = (Past(), GoesOn())
    where, what = "the command of --notify", "there is no such program"
    yield _fault("notify-none", where, what, *deeds, seen=Seen(codes=(_CHANGED,)), words=(*NIGHT[:-1], "@/none"))


def _edited() -> Iterator[Fault]:
    """Yield what happens to the files that a night left."""
    fine = Seen(codes=(_CHANGED,))
    for name, edit, seen in (
        ("report-broken", Edited(form="*/*-night.json", text="{"), fine),
        ("report-empty", Edited(form="*/*-night.json", text=""), fine),
        ("report-removed", Edited(form="*/*-night.json"), fine),
        ("mark-empty", Edited(form=".notices/*.json", text=""), fine),
        ("mark-heard-removed", Edited(form=".notices/*.done"), fine),
        ("search-broken", Edited(form="*/*.bisect.json", text="{"), fine),
        ("search-removed", Edited(form="*/*.bisect.json"), fine),
    ):
        where = "what a night left, as the next one finds it"
        deeds = (Past(), Settled(), edit, *(() if "search-broken" in name else (GoesOn(),)))
        yield _fault(name, where, name, *deeds, seen=seen)


FAULTS = (*_killed(), *_stopped(), *_out_of_room(), *_around(), *_edited())
