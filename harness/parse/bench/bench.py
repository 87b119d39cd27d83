"""The output of the bench program for a model (`-w 0`), and its help.

Grammar: `whisper_print_timings: encode time = %8.2f ms / %5d runs ( %8.2f ms per run)`, in v1.5 to v1.7.5 without
the blank after the bracket. A "run" of decode, batchd and prompt is one token.
"""

import re

from harness.errors import UnreadableError
from harness.parse.notation import after, parse_count, parse_number, plain_lines
from harness.records.measurement import BATCHD, DECODE, ENCODE, LOAD, PROMPT, Case, Measurement, Metric
from harness.records.plan import Dialect
from harness.records.record import Record

_PREFIX = "whisper_print_timings:"
_TIMING = re.compile(r"\s*([a-z]+) time\s*=\s*(\S+) ms(?:\s*/\s*(\S+) runs\b.*)?\s*")
_FLAG = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_FLASH_ATTN = re.compile(r"flash attn\s*=\s*([01])\s*")
_TOTAL = re.compile(r"\s*total time\s*=(.*)")
_SIZE = re.compile(r"whisper_model_load: type\s+= \d+ \((\w+)")
MODEL_SIZES = ("tiny", "base", "small", "medium", "large")
_EMPTY = "assuming empty model"


class Timing(Record):
    """A total in milliseconds over `runs` passes or tokens; `runs` is None if none is printed (load)."""

    total_ms: float
    runs: int | None = None

    @property
    def value_ms(self) -> float:
        """Milliseconds per run from the totals: the printed "per run" has lost digits."""
        return self.total_ms / (self.runs or 1)


class Timings(Record):
    """The timings of one process, None if absent or not a number."""

    load: Timing | None = None
    encode: Timing | None = None
    decode: Timing | None = None
    batchd: Timing | None = None
    prompt: Timing | None = None


def parse_timings(text: str) -> Timings:
    """Return the timings, in ms, of the last attempt in a log."""
    found: dict[str, Timing] = {}
    for line in plain_lines(text):
        rest = after(line, _PREFIX)
        match = _TIMING.fullmatch(rest) if rest else None
        if match:
            timing = _timing(total=match[2], runs=match[3])
            if timing:
                found[match[1]] = timing
    return Timings(
        load=found.get("load"),
        encode=_per_run(found, "encode"),
        decode=_per_run(found, "decode"),
        batchd=_per_run(found, "batchd"),
        prompt=_per_run(found, "prompt"),
    )


def measure_whisper(text: str, case: Case, repetition: int) -> tuple[Measurement, ...]:
    """Return encode (ms/pass), decode, batchd, prompt (ms/token) and load (ms) of one process.

    A total of zero is not a measurement: v1.4 times only the encoder and prints zeros for the rest.
    """
    timings = parse_timings(text)
    pairs: tuple[tuple[Metric, Timing | None], ...] = (
        (ENCODE, timings.encode),
        (DECODE, timings.decode),
        (BATCHD, timings.batchd),
        (PROMPT, timings.prompt),
        (LOAD, timings.load),
    )
    return tuple(
        Measurement(case=case, metric=metric.name, value=timing.value_ms, repetition=repetition)
        for metric, timing in pairs
        if timing and timing.total_ms > 0
    )


def parse_total_ms(text: str) -> float | None:
    """Return the milliseconds from the start of loading to the end of the last attempt, or None."""
    found = _find_totals(text)
    return parse_number(found[-1].removesuffix(" ms").strip()) if found else None


def is_empty_model(text: str) -> bool:
    """Return whether the program ran without having read weights."""
    return any(_EMPTY in line for line in plain_lines(text))


def is_whole(text: str) -> bool:
    """Return whether the timings include the total, which is the last line in every version."""
    return bool(_find_totals(text))


def parse_flash_attn(text: str) -> str:
    """Return `0` or `1`, the setting of flash attention that the program printed, or an empty string."""
    found = [match[1] for line in plain_lines(text) if (match := _FLASH_ATTN.search(line))]
    return found[-1] if found else ""


def parse_model_size(text: str) -> str:
    """Return one of `MODEL_SIZES`, from the number of layers of the last model, or an empty string."""
    found = [match[1] for line in plain_lines(text) if (match := _SIZE.search(line)) and match[1] in MODEL_SIZES]
    return found[-1] if found else ""


def parse_dialect(help_text: str) -> Dialect:
    """Return which optional flags the program's help lists; raises UnreadableError if the text is not its help."""
    flags = {flag for line in plain_lines(help_text) for flag in _FLAG.findall(line)}
    if "-m" not in flags or "-t" not in flags:
        raise UnreadableError("the bench program's help lists neither -m nor -t")
    return Dialect(no_gpu="-ng" in flags, flash_attn="-fa" in flags, no_flash_attn="-nfa" in flags)


def _find_totals(text: str) -> list[str]:
    """Return the text after each `total time =`."""
    rests = (after(line, _PREFIX) for line in plain_lines(text))
    return [match[1] for rest in rests if rest and (match := _TOTAL.fullmatch(rest))]


def _timing(*, total: str, runs: str | None) -> Timing | None:
    total_ms = parse_number(total)
    if total_ms is None:
        return None
    if runs is None:
        return Timing(total_ms=total_ms)
    count = parse_count(runs) if len(runs) < 10 else None
    return Timing(total_ms=total_ms, runs=count) if count else None


def _per_run(found: dict[str, Timing], name: str) -> Timing | None:
    timing = found.get(name)
    return timing if timing and timing.runs else None
