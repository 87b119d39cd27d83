"""Broken reports by the million: each must come back as it was, whatever was done to it, and none may take long.

python benchmarks/fuzz_reports.py [N] [SEED] - one million by default, about four minutes on one core. Prints the
slowest input in nanoseconds a character, and how the time of one input grows when it is repeated (linear: 1.0).
"""

import math
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.parse.report import parse_report
from harness.render.document import render_document

ROOT = Path(__file__).resolve().parents[1]
MEGA = 1_000_000
REPORTS = ROOT / "tests" / "data" / "reports"
TOKENS = (
    "```\n", "\n```\n", "\n```\n\n", "## Summary\n\n", "## Environment\n\n```\n", "\n```\n\n## Environment\n\n```\n",
    "## Output\n\n", "\n```\n\n## Output\n\n", "### ctest_debug\n\n", "### bench\n\n", "#### Model Benchmarks\n\n",
    "#### memcpy Benchmark\n\n```\n", "- status: 0\n", "- status:  SUCCESS ✅\n", "| ", " |\n", " |\n\n", "|||||||||\n",
    "Runs ctest in debug mode\n- status: 8\n```\n", "Whisper Benchmark Results\n- status: 0\n", "\r\n", "\r", "\0",
    "ms", "## Diff with parent commit\n\n", "### open_llama_3b_v2\n\n", "\ufeff", "\udc80", "\u2028", "#", "\n", " ",
)  # fmt: skip


def seeds() -> list[str]:
    """Return the real reports."""
    return [path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(REPORTS.glob("*.md"))]


def mutate(draw: random.Random, texts: list[str]) -> str:
    """Return a report with one to eight things done to it."""
    text = draw.choice(texts)
    for _ in range(draw.randint(1, 8)):
        text = draw.choice(OPERATIONS)(draw, text, texts)
    return text


def inputs(count: int, seed: int) -> Iterator[str]:
    """Yield that many broken reports."""
    draw, texts = random.Random(seed), seeds()
    return (mutate(draw, texts) for _ in range(count))


def holds(text: str) -> bool:
    """Return whether a text survives being read and written."""
    return render_document(parse_report(text)) == text


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    slowest = 0.0
    began = time.perf_counter()
    for number, text in enumerate(inputs(count, seed)):
        before = time.perf_counter()
        if not holds(text):
            Path("fuzz-failure.md").write_bytes(text.encode("utf-8", "surrogateescape"))
            sys.exit(f"input {number} of seed {seed} does not come back: see fuzz-failure.md")
        slowest = max(slowest, (time.perf_counter() - before) / max(len(text), 2000))
    wall_s = time.perf_counter() - began
    print(f"{count} inputs in {wall_s:.0f} s, all came back; slowest {slowest * 1e9:.0f} ns a character")
    worst, piece = max((growth(piece), piece) for piece in (*TOKENS, *seeds()))
    print(f"the time grows as length ** {worst:.2f} at worst, for {piece[:40]!r} repeated")


def growth(piece: str) -> float:
    """Return the exponent of the time over the length, between 2 and 16 million characters of `piece` repeated.

    What takes less than a fifth of a second at that length is linear enough: its time is that of the memory.
    """
    short, long = (
        _best_time("## Summary\n\n```\n" + piece * (length // len(piece))) for length in (2 * MEGA, 16 * MEGA)
    )
    return math.log(long / short, 8) if long > 0.2 else 1.0


def _best_time(text: str) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        parse_report(text)
        times.append(time.perf_counter() - began)
    return min(times)


def _cut(draw: random.Random, text: str, _texts: list[str]) -> str:
    return text[: draw.randint(0, len(text))]


def _drop(draw: random.Random, text: str, _texts: list[str]) -> str:
    begin, end = _span(draw, text)
    return text[:begin] + text[end:]


def _repeat(draw: random.Random, text: str, _texts: list[str]) -> str:
    begin, end = _span(draw, text)
    return text[:end] + text[begin:end] * draw.randint(1, 3) + text[end:]


def _insert(draw: random.Random, text: str, _texts: list[str]) -> str:
    at = draw.randint(0, len(text))
    return text[:at] + draw.choice(TOKENS) + text[at:]


def _splice(draw: random.Random, text: str, texts: list[str]) -> str:
    other = draw.choice(texts)
    begin, end = _span(draw, other)
    at = draw.randint(0, len(text))
    return text[:at] + other[begin:end] + text[at:]


def _swap_line(draw: random.Random, text: str, _texts: list[str]) -> str:
    lines = text.split("\n")
    one, two = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines)


def _replace(draw: random.Random, text: str, _texts: list[str]) -> str:
    at = draw.randint(0, len(text))
    return text[:at] + chr(draw.randrange(0xD800)) + text[at + 1 :]


def _span(draw: random.Random, text: str) -> tuple[int, int]:
    begin = draw.randint(0, len(text))
    return begin, min(len(text), begin + draw.choice((1, 10, 100, 1000)))


OPERATIONS: tuple[Callable[[random.Random, str, list[str]], str], ...] = (
    _cut, _drop, _drop, _repeat, _insert, _insert, _splice, _swap_line, _replace,
)  # fmt: skip

if __name__ == "__main__":
    main()
