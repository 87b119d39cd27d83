"""Something becomes another thing while a run goes on, or was another one from the beginning."""

import signal
import time
import wave
from collections.abc import Iterator

from tests.faults.deed import Environment, Library, Signalled, Write, tool
from tests.faults.fault import FINE, PASSED, Deed, Family, Fault, Seen, fails
from tests.faults.stage import SHORT, Stage

_BENCH = "whisper-bench -m"
# From the folder of a build, where a tool is started.
_TOP = "../../.."
_TWICE = ("run", *SHORT[:-1], "2")
_SYSTEM = "tools/system/sys"
_GOVERNOR = "devices/system/cpu/cpu0/cpufreq/scaling_governor"
_SUPPLY = "class/power_supply"


class Recording(Deed):
    """There is a recording of eleven seconds, in which nobody says anything."""

    def strike(self, stage: Stage) -> None:
        with wave.open(str(stage.kit.folder / "mine.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(2 * 16_000 * 11))


class Ignored(Deed):
    """The harness is started by somebody who ignores a signal."""

    number: int

    def strike(self, stage: Stage) -> None:
        stage.limits.append(f"import signal; signal.signal({self.number}, signal.SIG_IGN)")


class HeldBack(Deed):
    """The harness is started by somebody who holds signals back, and passes that on."""

    def strike(self, stage: Stage) -> None:
        numbers = [int(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        stage.limits.append(f"import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {numbers})")


class Orphan(Deed):
    """Another harness was killed in the middle of a build, and the compiler goes on."""

    words: tuple[str, ...]

    def strike(self, stage: Stage) -> None:
        kit = stage.kit
        kit.break_tools({"cmake --build Release": {"until": str(kit.folder / "never")}})
        words = (*self.words, "--source", str(kit.tree))
        child = kit.start(*(kit.words(*words[1:]) if words[0] == "run" else words), environ=stage.environ)
        deadline = time.monotonic() + 60
        while not any("--build" in call for call in kit.calls("cmake")) and time.monotonic() < deadline:
            time.sleep(0.02)
        child.kill()
        child.communicate()
        kit.break_tools({})
        left = kit.running()
        stage.checks.append(lambda: "" if left else "the fault did not strike")


def _fault(
    name: str, where: str, what: str, *deeds: Deed, seen: Seen, words: tuple[str, ...] = _TWICE, sample: bool = False
) -> Fault:
    return Fault(
        family=Family.CHANGE, name=name, where=where, what=what, deeds=deeds, seen=seen, words=words, sample=sample
    )


def _builds() -> Iterator[Fault]:
    seen = Seen(status=PASSED, caveat="build-changed")
    for name, how in (("rewritten", "touch"), ("removed", "lose")):
        what = {how: "bin/whisper-bench", "spare": 1}
        yield _fault(f"bench-{name}", "the bench program", f"it is {name}", tool(_BENCH, **what), seen=seen)
        what = {how: "src/libwhisper.so", "spare": 1}
        yield _fault(
            f"library-{name}", "the library", f"it is {name}", Library(), tool(_BENCH, **what), seen=seen, sample=True
        )
    for name, key in (("asked", "whisper-bench features"), ("measured", _BENCH)):
        yield _fault(
            f"bench-rewrites-itself-{name}",
            "the bench program",
            f"it writes to its own file when it is {name}",
            tool(key, append="bin/whisper-bench", times=1),
            seen=seen,
        )
    yield _fault(
        "library-path",
        "LD_LIBRARY_PATH",
        "another whisper.cpp lies there, which would be loaded in place of the one that was built",
        Write(path="lib/libggml.so.0"),
        Environment(values=(("LD_LIBRARY_PATH", "@/lib:/opt/lib"),)),
        seen=Seen(status=PASSED, caveat="library-path"),
    )


def _source() -> Iterator[Fault]:
    header = "whisper.cpp/include/whisper.h"
    yield _fault(
        "source-put-back",
        "a file of the tree",
        "it is written to while the tree is built, and is as before when the build has ended",
        Write(path=header, text="new\n", mended=False),
        tool("cmake --build Release", touch=f"{_TOP}/{header}"),
        seen=Seen(status=PASSED, caveat="source-changed"),
        words=("run", *SHORT),
    )


def _files() -> Iterator[Fault]:
    words = (*_TWICE, "--bench", "whisper,transcribe", "--audio", "@/mine.wav")
    for how, what in (("touch", "written to"), ("lose", "removed")):
        yield _fault(
            f"recording-{what.replace(' ', '-')}",
            "the recording that is transcribed",
            f"it is {what} meanwhile",
            Recording(),
            tool(_BENCH, **{how: f"{_TOP}/mine.wav", "times": 1}),
            seen=Seen(status=PASSED, caveat="audio-changed"),
            words=words,
        )


def _node() -> Iterator[Fault]:
    seen = Seen(status=PASSED, caveat="node-changed")
    yield _fault(
        "governor",
        "the governor of the CPUs",
        "it is another one after the first benchmark",
        Write(path=f"{_SYSTEM}/{_GOVERNOR}", text="performance\n"),
        tool(_BENCH, touch=f"{_TOP}/{_SYSTEM}/{_GOVERNOR}"),
        seen=seen,
    )
    yield _fault(
        "battery",
        "the power supply",
        "it is unplugged after the first benchmark",
        *(
            Write(path=f"{_SYSTEM}/{_SUPPLY}/{name}", text=text)
            for name, text in (("AC/type", "Mains"), ("AC/online", "1"), ("B/type", "Battery"), ("B/status", "Full"))
        ),
        tool(_BENCH, touch=f"{_TOP}/{_SYSTEM}/{_SUPPLY}/AC/online"),
        seen=seen,
    )


def _parents() -> Iterator[Fault]:
    ignored = Ignored(number=signal.SIGCHLD)
    what = "who started the harness ignores the end of children"
    yield _fault("ends-ignored", "SIGCHLD", what, ignored, seen=FINE)
    deeds = (ignored, tool(_BENCH, exit=3))
    yield _fault("ends-ignored-of-a-failure", "SIGCHLD", what, *deeds, seen=fails(12, "exit code 3"))
    yield _fault(
        "signals-held-back",
        "SIGINT",
        "who started the harness holds signals back; then it is interrupted",
        HeldBack(),
        tool(_BENCH, sleep=60),
        Signalled(number=signal.SIGINT, word="-nfa"),
        seen=Seen(codes=(130,), mends=True),
    )
    for verb in ("run", "build"):
        words = ("run", *SHORT) if verb == "run" else ("build",)
        what = f"a {verb} was killed, and its compiler goes on"
        yield _fault(f"orphan-of-a-{verb}", "the build", what, Orphan(words=words), seen=FINE, sample=verb == "run")


FAULTS = (*_builds(), *_source(), *_files(), *_node(), *_parents())
