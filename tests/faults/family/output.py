"""Output of tools that is garbage, no number, in another form, or far too much."""

from tests.faults.deed import Data, Program, tool
from tests.faults.fault import FINE, Deed, Family, Fault, Seen, fails, refuses
from tests.faults.stage import FULL

PREFIX = "whisper_print_timings:"
_TOTALS = {"load": "86.41", "encode": "2216.24", "decode": "1339.21", "batchd": "893.00", "prompt": "9994.00"}
_RUNS = {"encode": "1", "decode": "256", "batchd": "320", "prompt": "4096"}
_NUMBERS = {
    "nan": "nan",
    "minus-nan": "-nan",
    "inf": "inf",
    "negative": "-2216.24",
    "zero": "0.00",
    "comma": "2216,24",
    "thousands": "2,216.24",
    "exponent": "2.2e3",
    "words": "fast",
    "nothing": "",
    "hexadecimal": "0x8a8",
    "arabic-digits": "\u0662\u0662\u0661\u0666",
}
_LONG = "x" * 10_000_000


def timings(totals: dict[str, str] | None = None, runs: dict[str, str] | None = None, tail: str = "") -> str:
    """Return what the bench program prints, with other totals or counts."""
    totals, runs = {**_TOTALS, **(totals or {})}, {**_RUNS, **(runs or {})}
    lines = ["system_info: n_threads = 2 / 2 | WHISPER : COREML = 0 | OPENVINO = 0 | CPU : AVX = 1 | AVX2 = 1 |", ""]
    for name, total in totals.items():
        count = f" / {runs[name]:>5} runs (     0.00 ms per run)" if name in runs else ""
        lines.append(f"{PREFIX} {name:>8} time = {total:>8} ms{count}")
    lines.append(f"{PREFIX}    total time = 14443.00 ms{tail}")
    return "\n".join(lines)


def _prints(name: str, what: str, text: str, seen: Seen, *, sample: bool = False) -> Fault:
    deed = tool("whisper-bench -m", silent=True, print=text)
    where = "whisper-bench -m"
    return Fault(family=Family.OUTPUT, name=name, where=where, what=what, deeds=(deed,), seen=seen, sample=sample)


def _numbers() -> list[Fault]:
    found = [
        _prints(
            f"{metric}-is-{name}",
            f"{metric} time is {number!r}",
            timings({metric: number}),
            fails(12, f"no measurement of {metric}"),
            sample=(metric, name) == ("encode", "comma"),
        )
        for name, number in _NUMBERS.items()
        for metric in (("encode", "prompt") if name in ("nan", "comma", "zero") else ("encode",))
    ]
    found += [
        _prints(f"runs-are-{name}", f"so many runs: {_NUMBERS[name]!r}", timings(runs={"decode": _NUMBERS[name]}), NONE)
        for name in ("nan", "negative", "exponent", "arabic-digits")
    ]
    found.append(_prints("runs-are-zero", "zero runs of decode", timings(runs={"decode": "0"}), NONE))
    return found


NONE = fails(12, "no measurement of decode")
_REFUSED = fails(12, "no measurement")


def _texts() -> list[Fault]:
    good = timings()
    return [
        _prints("no-timings", "a greeting instead of timings", "hello", _REFUSED),
        _prints("other-prefix", "timings under another name", good.replace(PREFIX, "whisper_timings:"), _REFUSED),
        _prints("utf-16", "a byte-order mark and NUL between all letters", "\ufeff" + "\0".join(good), _REFUSED),
        _prints("long-line", "10 MB in one line and nothing else", _LONG, _REFUSED),
        _prints("long-line-first", "10 MB in one line, then all that is wanted", f"{_LONG}\n{good}", FINE),
        _prints("long-line-joined", "10 MB without a line end before the last number", good + _LONG, _REFUSED),
        _prints("not-utf-8", "bytes that are no UTF-8 between the lines", good.replace("\n", "\n\udcff\udcfe\n"), FINE),
        _prints("coloured", "ANSI codes around every line", good.replace("\n", "\x1b[0m\n\x1b[31m"), FINE),
        _prints("cursor", "carriage returns at every line's end", good.replace("\n", "\r\n"), FINE),
        _prints("blank-lines", "a hundred thousand empty lines first", "\n" * 100_000 + good, FINE),
        _prints("empty-model", "it says that the weights were empty", f"assuming empty model\n{good}", EMPTY),
        _prints(
            "other-flash-attention",
            "it says that it measured with flash attention, which was switched off",
            f"whisper_init_with_params_no_state: flash attn = 1\n{good}",
            fails(12, "flash attention"),
            sample=True,
        ),
        _prints(
            "report-markup", "its output would break out of the report", f"```\n- status:  SUCCESS ✅\n{good}", FINE
        ),
        _prints(
            "failure-with-colours",
            "what it prints would paint the terminal, and it fails",
            "\x1b[2J\x1b]0;title\x07gone",
            fails(12, "no measurement"),
        ),
    ]


EMPTY = fails(12, "assuming empty model")


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, **more: object) -> Fault:
    return Fault(family=Family.OUTPUT, name=name, where=where, what=what, deeds=deeds, seen=seen).replace(**more)


def _others() -> list[Fault]:
    full = ("run", *FULL)
    junit = '<?xml version="1.0"?><testsuite><testcase name="a" status="{}">{}</testcase></testsuite>'
    nested = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>'
    memcpy = "memcpy:    {} GB/s (heat-up)\nmemcpy:    {} GB/s ( 1 thread)\nmemcpy:    {} GB/s ( 1 thread)\n"
    found = [
        _fault(f"help-{name}", "whisper-bench -h", what, Data(name="help.log", text=text), seen=fails(12, "neither -m"))
        for name, what, text in (
            ("garbage", "bytes at random", "\udcff\x00\x01garbage"),
            ("long", "10 MB in one line", _LONG),
            ("of-another", "the help of another program", "usage: ls [-l] [-a] FILE\n"),
        )
    ]
    found += [
        _fault(
            f"junit-{name}", "ctest --output-junit", what, Data(name="junit.xml", text=text), seen=fails(11), words=full
        )
        for name, what, text in (
            ("garbage", "no XML", "\x00\x01\x02"),
            ("entities", "entities that refer to entities", nested),
            ("empty-suite", "a suite without tests", '<testsuite tests="0"/>'),
            ("unknown-status", "a status that no CTest knows", junit.format("maybe", "")),
            ("failed", "one test failed, and the exit code is 0", junit.format("fail", "<failure message='Failed'/>")),
            ("not-run", "one test was not run, and the exit code is 0", junit.format("notrun", "")),
            ("long", "10 MB of one name", junit.format("run", "") + _LONG),
        )
    ]
    found += [
        _fault(
            f"memcpy-{name}",
            "whisper-bench -w 1",
            f"rates are {text!r}",
            Data(name="memcpy.log", text=memcpy.format(text, text, text)),
            seen=fails(12, "no measurement"),
            words=full,
        )
        for name, text in list(_NUMBERS.items())[:7]
    ]
    rates = "  64 x   64: Q4_0  {} GFLOPS (128 runs)\n4096 x 4096: Q4_0  {} GFLOPS (  3 runs)\n"
    found += [
        _fault(
            f"mul-mat-{name}",
            "whisper-bench -w 2",
            f"rates are {text!r}",
            Data(name="mul_mat.log", text=rates.format(text, text)),
            seen=fails(12, "no measurement"),
            words=full,
        )
        for name, text in list(_NUMBERS.items())[:7]
    ]
    for name, text in (("garbage", "\udcff\x00\x01"), ("long", _LONG), ("other", "all: phony\n")):
        found.append(
            _fault(
                f"targets-{name}",
                "ninja -t targets",
                "no list of targets",
                Data(name="targets.txt", text=text),
                seen=fails(10, "no bench program"),
            )
        )
        found.append(
            _fault(
                f"listing-{name}",
                "ctest -N",
                "no list of tests",
                Data(name="listing.log", text=text),
                seen=fails(10, "list of tests"),
                words=full,
                sample=name == "garbage",
            )
        )
    for program in ("gcc", "cmake"):
        for name, text in (("long", "head -c 10000000 /dev/zero | tr '\\0' x"), ("bytes", "printf '\\377\\376\\0'")):
            found.append(
                _fault(
                    f"{program}-version-{name}",
                    f"{program} --version",
                    "no version",
                    Program(name=program, text=f"#!/bin/sh\n{text}\n"),
                    seen=refuses(3),
                )
            )
    return found


FAULTS = (*_numbers(), *_texts(), *_others())
