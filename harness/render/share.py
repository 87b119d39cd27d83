"""What an archive holds, what was left out of it, and what was replaced in it, for the one who is about to share it."""

from collections.abc import Iterator, Sequence

from harness.records.share import OmittedFile, Replacement, SharedFile
from harness.records.wording import format_count
from harness.render.plain import align

_SHOWN = 60


def render_contents(
    files: Sequence[SharedFile], omitted: Sequence[OmittedFile], replaced: Sequence[Replacement]
) -> str:
    """Return the files with their sizes, what is left out and why, and each word with what stands for it."""
    return "\n".join(
        [
            f"the archive holds {format_count(len(files), 'file')}, {sum(one.size_bytes for one in files):,} bytes:",
            *align([[one.path, f"{one.size_bytes:,}"] for one in files], left=1, indent="  "),
            *(f"left out: {one.path}: {one.reason}" for one in omitted),
            *_list_replaced(replaced),
        ]
    )


def _list_replaced(replaced: Sequence[Replacement]) -> Iterator[str]:
    if not replaced:
        yield "nothing was replaced"
        return
    yield "replaced, wherever it stood:"
    rows = [[one.rule, shorten(one.word), one.stand_in, format_count(one.count, "time")] for one in replaced[:_SHOWN]]
    yield from align(rows, left=3, indent="  ")
    if len(replaced) > _SHOWN:
        yield f"  and {len(replaced) - _SHOWN} more words, all of them paths or addresses"


def shorten(word: str) -> str:
    """Return a word on one line, its end left out where it is long."""
    plain = " ".join(word.split())
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 3]}..."
