"""The machine code of a build in its folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.tool.elf import digest_object
from harness.parse.tool.ninja import parse_links, parse_versions
from harness.records.build import CodeDigests
from harness.records.record import short_hash
from harness.system.foreign import read_bytes, read_text

_BUILD = "build.ninja"
# Shorter ones could stand in a text by chance.
_LEAST = 4
# No object file is as long as this.
_MOST_BYTES = 1 << 30
# What upstream's CMake files take for the commit of a tree without git. It stands in messages, too: forgotten in one
# build alone, it would set a checkout apart from the same commit as it lies in the cache.
_NO_COMMIT = "unknown"


def read_code(folder: Path, source: str, *, variant: str = "") -> CodeDigests:
    """Return the code of the library and the bench program that were built in `folder` from the tree `source`.

    `variant` names the CPU variant that is loaded, if the build has several. Nothing is known about objects that are
    not ELF files, hold no machine code, or are missing.
    """
    try:
        text = read_text(folder / _BUILD)
    except UnreadableError:
        return CodeDigests.unknown("there is no build.ninja")
    links = [link for link in parse_links(text) if (folder / link.output).is_file()]
    if not links:
        return CodeDigests.unknown("no library of the build is known")
    places = sorted({str(folder), str(folder.resolve()), source}, key=len, reverse=True)
    forget = _forget([*places, *(word for word in parse_versions(text) if len(word) >= _LEAST), _NO_COMMIT])
    names = dict.fromkeys(name for link in links for name in link.objects)
    try:
        objects = tuple(
            (name, digest_object(read_bytes(folder / name, most_bytes=_MOST_BYTES), forget)) for name in names
        )
    except UnreadableError as error:
        return CodeDigests.unknown(error.line)
    put_together = [(link.objects, forget(link.how.encode()).decode(errors="replace")) for link in links]
    return CodeDigests(objects=tuple(sorted(objects)), link=short_hash(put_together, variant))


def _forget(words: Sequence[str]) -> Callable[[bytes], bytes]:
    """Return a function that removes words from a text."""
    encoded = [word.encode() for word in words if word]

    def forget(text: bytes) -> bytes:
        for word in encoded:
            text = text.replace(word, b"@")
        return text

    return forget
