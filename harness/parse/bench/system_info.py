"""What ggml reports about its own build: the `system_info` line.

Two grammars: `system_info: n_threads = 4 / 8 | AVX = 1 | ... |` up to v1.7.4, and with sections from v1.7.5 on,
`... | WHISPER : COREML = 0 | OPENVINO = 0 | CPU : SSE3 = 1 | ... |`, where features that are off are not shown, and a
section without any has only its head.
"""

import re
from collections.abc import Iterator, Sequence

from harness.parse.bench.backend import find_failed, parse_backends, parse_devices
from harness.parse.notation import after, plain_lines
from harness.records.run import SystemInfo

# What is compiled in, and the line by which a library says that this CPU cannot have it.
_REFUSED = {
    "AMX": re.compile(r"AMX is not ready to be used"),
    "SME": re.compile(r"kleidiai: .*(?:\bSME disabled|disabling SME)"),
}
_THREADS = re.compile(r"\s*n_threads\s*=\s*([0-9]{1,6})\s*/\s*([0-9]{1,6})\s*")


def parse_system_info(text: str) -> SystemInfo | None:
    """Return the last `system_info` line of a log, with the log's backends and devices; None without one.

    The features are compile-time macros of the library, not those of the CPU. Those that the library refuses to use are
    off.
    """
    last: tuple[re.Match[str], list[str]] | None = None
    for line in plain_lines(text):
        rest = after(line, "system_info:")
        head, *parts = rest.split("|") if rest else [""]
        match = _THREADS.fullmatch(head)
        if match:
            last = match, parts
    if last is None:
        return None
    match, parts = last
    return SystemInfo(
        n_threads=int(match[1]),
        hardware_threads=int(match[2]),
        features=tuple(_take_back(_features(parts), text)),
        backends=parse_backends(text),
        devices=parse_devices(text),
        failed=find_failed(text),
    )


def unite_infos(counted: Sequence[SystemInfo], others: Sequence[SystemInfo]) -> SystemInfo | None:
    """Return the facts for a whole run from its logs: those whose numbers count, and the others; None without any.

    A backend that failed in one log is not named, because the run did not use it throughout.
    """
    known = (*counted, *others)
    if not known:
        return None
    failed = dict.fromkeys(claim for info in known for claim in info.failed)
    chosen = next((info for info in counted if info.failed), known[0])
    return chosen.replace(failed=tuple(failed))


def _take_back(features: tuple[tuple[str, str], ...], text: str) -> Iterator[tuple[str, str]]:
    lines = plain_lines(text)
    refused = tuple(word for word, pattern in _REFUSED.items() if any(pattern.search(line) for line in lines))
    for name, value in features:
        off = bool(refused) and name.rpartition("/")[2].startswith(refused)
        yield name, "0" if off else value


def _features(parts: list[str]) -> tuple[tuple[str, str], ...]:
    section = ""
    features: list[tuple[str, str]] = []
    for part in parts:
        left, equals, value = part.partition("=")
        *heads, key = (word.strip() for word in left.split(" : "))
        section = heads[-1] if heads else section
        if equals and key:
            features.append((f"{section}/{key}", value.strip()))
    return tuple(features)
