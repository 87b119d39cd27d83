"""Weights that are cut at every field, damaged, another model, or changed while they are used."""

import os
import shutil
import struct
from collections.abc import Iterator

from tests.faults.fault import Deed, Family, Fault, Seen, refuses
from tests.faults.stage import Stage

_FIELDS = (
    "magic",
    "n_vocab",
    "n_audio_ctx",
    "n_audio_state",
    "n_audio_head",
    "n_audio_layer",
    "n_text_ctx",
    "n_text_state",
    "n_text_head",
    "n_text_layer",
    "n_mels",
    "ftype",
)
_FILTERS = 4 * len(_FIELDS)
_VOCABULARY = _FILTERS + 8 + 4 * 80 * 201
_NUMBERS = {"negative": -1, "huge": 2**31 - 1, "another": 12}


class Weights(Deed):
    """The weights are a copy, cut to `size` (negative: so much is missing), with `patches` and `extra` zeros."""

    size: int | None = None
    patches: tuple[tuple[int, bytes], ...] = ()
    extra: int = 0

    def strike(self, stage: Stage) -> None:
        path = stage.kit.folder / "mine.bin"
        if self.size is not None and self.size >= 0:
            with stage.kit.weights.open("rb") as whole:
                path.write_bytes(whole.read(self.size))
        else:
            shutil.copyfile(stage.kit.weights, path)
        with path.open("r+b") as file:
            if self.size is not None and self.size < 0:
                file.truncate(os.path.getsize(path) + self.size)  # noqa: PTH202
            for offset, content in self.patches:
                file.seek(offset, os.SEEK_SET if offset >= 0 else os.SEEK_END)
                file.write(content)
            file.seek(0, os.SEEK_END)
            file.write(bytes(self.extra))
        stage.kit.weights = path


class Swapped(Deed):
    """The weights become others when the bench program answers its first question, or while it uses them."""

    how: str

    def strike(self, stage: Stage) -> None:
        Weights().strike(stage)
        what = {"write": "touch", "remove": "lose", "back": "move"}[self.how]
        call = "whisper-bench -m" if self.how == "back" else "whisper-bench features"
        stage.kit.break_tools({call: {what: str(stage.kit.weights)}})


def _fault(name: str, what: str, *deeds: Deed, seen: Seen, sample: bool = False) -> Fault:
    return Fault(
        family=Family.WEIGHTS, name=name, where="the file of weights", what=what, deeds=deeds, seen=seen, sample=sample
    )


def _cuts() -> Iterator[Fault]:
    places = [(name, 4 * number) for number, name in enumerate(_FIELDS)]
    places += [("n-filters", _FILTERS), ("filters", _FILTERS + 8), ("filters-middle", _FILTERS + 5000)]
    places += [("n-tokens", _VOCABULARY), ("first-token", _VOCABULARY + 4), ("tokens", _VOCABULARY + 100_000)]
    for name, size in places:
        for more in (0, 2):
            yield _fault(
                f"cut-{name}{'-half' if more else ''}",
                f"it ends {'in' if more else 'before'} {name}",
                Weights(size=size + more),
                seen=refuses(5, "mine.bin"),
                sample=(name, more) == ("n_mels", 0),
            )
    for missing in (1, 100, 1000, 1_000_000, 30_000_000):
        yield _fault(
            f"short-by-{missing}", f"{missing} bytes are missing", Weights(size=-missing), seen=refuses(5, "cut off")
        )


def _fields() -> Iterator[Fault]:
    for number, field in enumerate(_FIELDS):
        for name, value in _NUMBERS.items():
            if field == "ftype" and name != "huge":
                continue
            yield _fault(
                f"{field}-{name}",
                f"{field} is {value}",
                Weights(patches=((4 * number, struct.pack("<i", value)),)),
                seen=Seen(codes=(4, 5) if field != "ftype" else (0, 4, 5), says=("mine.bin",), caveat="weights-file"),
            )
    for offset, name in (
        (_FILTERS, "n-filter-mels"),
        (_FILTERS + 4, "n-fft"),
        (_VOCABULARY, "n-tokens"),
        (_VOCABULARY + 4, "token-length"),
    ):
        for word, value in (("negative", -1), ("huge", 2**31 - 1)):
            yield _fault(
                f"{name}-{word}",
                f"{name} is {value}",
                Weights(patches=((offset, struct.pack("<i", value)),)),
                seen=refuses(5, "mine.bin"),
            )


FAULTS = (
    *_cuts(),
    *_fields(),
    _fault("extra-byte", "a byte too many", Weights(extra=1), seen=refuses(5, "mine.bin")),
    _fault("extra-page", "4096 zeros too many", Weights(extra=4096), seen=refuses(5, "mine.bin")),
    _fault(
        "gguf", "a file of another format", Weights(patches=((0, b"GGUF"),)), seen=refuses(5, "not a whisper.cpp model")
    ),
    _fault("html", "a login page", Weights(size=0, patches=((0, b"<html>" * 1000),)), seen=refuses(5, "not a whisper")),
    _fault("empty", "an empty file", Weights(size=0), seen=refuses(5, "mine.bin")),
    _fault(
        "one-value",
        "one value of a tensor is another",
        Weights(patches=((-1000, b"\1\2"),)),
        seen=Seen(caveat="weights-file", status=None),
    ),
    _fault(
        "written-to",
        "somebody writes to it between its check and its benchmark",
        Swapped(how="write"),
        seen=Seen(codes=(0, 12), caveat="weights-changed"),
        sample=True,
    ),
    _fault(
        "put-back",
        "somebody moves it away while it is used, and back again",
        Swapped(how="back"),
        seen=Seen(codes=(0, 12), caveat="weights-changed"),
    ),
    _fault(
        "removed",
        "somebody removes it between its check and its benchmark",
        Swapped(how="remove"),
        seen=Seen(codes=(0, 12), caveat="weights-changed"),
    ),
)
