"""The worker: one command per line on standard input, one line of JSON per answer on standard output.

    python -m harness.worker [--no-gpu] LIBRARY [--do COMMAND]...

    load PATH THREADS FLASH_ATTN   the weights, once; warms nothing up
    warm [NAME]...                 untimed: one encode, and a little of each name (decode, batch, prompt; default all)
    encode                         one encode of an empty mel
    decode N P                     N single tokens at positions P, P + 1, ...
    batch N                        N times 5 tokens at position 0
    prompt N                       N times 256 tokens at position 0
    memcpy THREADS                 the library's own memcpy benchmark, its text in the answer
    mul_mat THREADS                likewise
    check FILE                     untimed: how far the logits of a fixed input lie from those in the file
    reference FILE AUDIO LANGUAGE MADE_BY
                                   untimed: writes what is heard in a recording, and how surely, to the file
    diverge FILE AUDIO             untimed: how far what is heard lies from what such a file says
    quit

The arguments of a command may stand in a JSON array of texts, such as `check ["/a folder/file"]`; a path after `load`
may hold blanks as it is. With `--do` the commands come from the arguments, and the program ends after the last. Every
answer has `ok`; a refused command has `ok` false and the reason in `error`, and the next one is read. The first line
has the number of the protocol, what the library reports about itself, and which hardware counters there are
(`counters`): the answers to timed commands then have their `counts`. The log of the library goes to standard error.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import TextIO

from harness.worker.command import WorkError
from harness.worker.counter import CallCounter
from harness.worker.library import LibraryError, WhisperLibrary
from harness.worker.timer import CallTimer
from harness.worker.work import WorkerCommands

# 2 added the counters, 3 the questions about results.
PROTOCOL = 3
_USAGE = "usage: python -m harness.worker [--no-gpu] LIBRARY [--do COMMAND]..."


def main(argv: list[str]) -> int:
    """Serve commands until `quit` or the end of the input; return 2 for a library that cannot be used."""
    # What the library prints must never stand between two answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    plant, arguments = _take_plant(argv)
    gpu = arguments[:1] != ["--no-gpu"]
    arguments = arguments if gpu else arguments[1:]
    if not arguments or any(word != "--do" for word in arguments[1::2]) or len(arguments) % 2 == 0:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    counter = CallCounter()  # before the library can make a thread
    try:
        library = WhisperLibrary(arguments[0], gpu=gpu)
    except LibraryError as error:
        _answer(answers, {"ok": False, "command": "start", "error": str(error)})
        return 2
    start = {"protocol": PROTOCOL, **library.describe(), "counters": counter.describe()}
    _answer(answers, {"ok": True, "command": "start", **start})
    bench = WorkerCommands(library, CallTimer(counter, plant))
    for line in arguments[2::2] or _read(sys.stdin):
        name, _, words = line.strip().partition(" ")
        if not name:
            continue
        if (name, words) == ("quit", ""):
            _answer(answers, {"ok": True, "command": "quit"})
            break
        try:
            _answer(answers, {"ok": True, "command": name, **bench.do(name, words)})
        except WorkError as error:
            _answer(answers, {"ok": False, "command": name, "error": str(error)})
    bench.close()
    return 0


def _read(stream: TextIO) -> Iterator[str]:
    while line := stream.readline():
        yield line


def _answer(stream: TextIO, answer: dict[str, object]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


def _take_plant(argv: list[str]) -> tuple[float, list[str]]:
    """Return the slowdown that tests ask for: every timed call is stretched by this share of itself."""
    if argv[:1] != ["--plant"]:
        return 0.0, argv
    try:
        return float(argv[1]), argv[2:]
    except (IndexError, ValueError):
        return 0.0, []


if __name__ == "__main__":
    # Python would wait for the library's call to end, and then leave a traceback in the log.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
