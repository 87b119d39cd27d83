"""Logs that break off, after every line: half a benchmark is none."""

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.outcome import read_outcome
from harness.parse.tool.ctest import parse_junit, parse_listing
from harness.records.measurement import Case
from harness.records.outcome import CompletedProcess, Status
from harness.records.plan import Phase, Step
from tests.faults.deed import Data, tool
from tests.faults.family.output import timings
from tests.faults.fault import Deviation, Family, Fault, Kind, Look, Seen, fails
from tests.faults.stage import FULL, Stage

LOGS = Path(__file__).parents[2] / "data" / "logs"
_EMPTY = "assuming empty model"
_COMPLETED = CompletedProcess(argv=("x",), exit_code=0, wall_s=1, user_s=1, system_s=0, max_rss_bytes=1, start="")
Read = Callable[[str], bool]


def _reads(case: Case) -> Read:
    step = Step(
        name="x",
        title="x",
        phase=Phase.BENCHMARK,
        argv=("x",),
        cwd="/",
        log="x.log",
        timeout_s=1,
        case=case,
        repetition=1,
    )
    return lambda text: read_outcome(step, _COMPLETED, text, "").status is Status.PASSED


def _understands(parse: Callable[[str], object]) -> Read:
    def read(text: str) -> bool:
        try:
            return bool(parse(text))
        except UnreadableError:
            return False

    return read


# Log, how it is read, and the line from which on all is told that is wanted (from the end).
READERS: dict[str, tuple[str, Read, int]] = {
    "whisper": ("v1.8.5-whisper-tiny-empty.log", _reads(Case.of("whisper", model="tiny", threads=1, fa=0)), 17),
    "memcpy": ("v1.8.5-memcpy-t2.log", _reads(Case.of("memcpy", threads=2)), 1),
    "mul_mat": ("v1.8.5-mul_mat-t2.log", _reads(Case.of("mul_mat", threads=2)), 0),
    "junit": ("ctest-4.4-passed.xml", _understands(parse_junit), 0),
    "listing": ("ctest-4.4-verbose-built.log", _understands(parse_listing), 0),
    "listing-json": ("ctest-4.4-listing-unbuilt.json", _understands(parse_listing), 1),
}


def text_of(name: str) -> str:
    """Return a real log."""
    lines = (LOGS / READERS[name][0]).read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if _EMPTY not in line)


class Cut(Look):
    """The log of a tool breaks off after a line, or in the middle of the next one."""

    log: str
    lines: int
    middle: bool

    def look(self, stage: Stage | None) -> Iterator[Deviation]:
        _, read, spare = READERS[self.log]
        lines = text_of(self.log).splitlines(keepends=True)
        text = "".join(lines[: self.lines])
        if self.middle:
            text += lines[self.lines][: len(lines[self.lines]) // 2]
        whole = len(lines) - self.lines <= spare
        if read(text) and not whole:
            yield Deviation(kind=Kind.GREEN, what=f"{self.log} passes when it ends after {text[-80:]!r}")
        if self.lines == 0 and not read("".join(lines)):
            yield Deviation(kind=Kind.WRONG, what=f"the whole {self.log} does not pass")


def _cuts() -> Iterator[Fault]:
    for log in READERS:
        for line in range(len(text_of(log).splitlines())):
            for middle in (False, True):
                place = "in the middle of" if middle else "before"
                yield Fault(
                    family=Family.CUT,
                    name=f"{log}-{line + 1}{'-half' if middle else ''}",
                    where=f"the log of {log}",
                    what=f"it ends {place} line {line + 1}",
                    deeds=(Cut(log=log, lines=line, middle=middle),),
                    seen=Seen(),
                    words=(),
                    sample=line % 20 == 0,
                )


def _through_the_command_line() -> Iterator[Fault]:
    for lines, name in (
        (3, "memcpy.log"),
        (2, "memcpy.log"),
        (1, "mul_mat.log"),
        (3, "mul_mat.log"),
        (9, "mul_mat.log"),
    ):
        yield Fault(
            family=Family.CUT,
            name=f"run-{name}-{lines}",
            where=f"the output of {name}",
            what=f"its last {lines} lines are missing, and the exit code is 0",
            deeds=(Data(name=name, lines=lines),),
            seen=fails(12, "no measurement of"),
            words=("run", *FULL),
        )
    for lines in range(1, 10):
        text = "\n".join(timings().splitlines()[:-lines])
        yield Fault(
            family=Family.CUT,
            name=f"run-timings-{lines}",
            where="the output of whisper-bench",
            what=f"its last {lines} lines are missing, and the exit code is 0",
            deeds=(tool("whisper-bench -m", silent=True, print=text),),
            seen=fails(12, "no measurement of"),
            sample=lines == 2,
        )
    for lines in (1, 40, 200):
        for name, says in (("listing.log", "list of tests"), ("junit.xml", "JUnit")):
            yield Fault(
                family=Family.CUT,
                name=f"run-{name}-{lines}",
                where=f"the output of ctest, {name}",
                what=f"its last {lines} lines are missing, and the exit code is 0",
                deeds=(Data(name=name, lines=lines),),
                seen=fails(
                    10 if name == "listing.log" else 11, "no test" if (lines, name) == (200, "junit.xml") else says
                ),
                words=("run", *FULL),
            )
    for lines in (1, 2, 3):
        yield Fault(
            family=Family.CUT,
            name=f"run-help-{lines}",
            where="the output of whisper-bench -h",
            what=f"its last {lines} lines are missing, so that flash attention is left as it is: on",
            deeds=(
                Data(name="help.log", lines=lines),
                tool("whisper-bench -m", silent=True, print=f"whisper_init: flash attn = 1\n{timings()}"),
            ),
            seen=fails(12, "flash attention"),
        )


FAULTS = (*_cuts(), *_through_the_command_line())
