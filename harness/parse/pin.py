"""Pinned facts about third parties: releases of whisper.cpp, and the catalogue of model files."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum

import msgspec

from harness.errors import UnreadableError, UsageError
from harness.parse.notation import parse_toml
from harness.records.record import Record
from harness.records.source import Pins, Release

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"([0-9a-f]{40})?")

# Upstream's order and its set for low-performance machines (ci/run.sh).
GROUPS: dict[str, tuple[str, ...]] = {
    "all": (
        "tiny.en",
        "tiny",
        "base.en",
        "base",
        "small.en",
        "small",
        "medium.en",
        "medium",
        "large-v1",
        "large-v2",
        "large-v3",
        "large-v3-turbo",
    ),
    "fast": ("tiny", "base", "small"),
}
_QUANTISED = re.compile(r"-q\d_[0-9k]+$")


def parse_pins(text: str) -> Pins:
    """Return the pins of a TOML document with `default`, `repo` and a table `release` for each release.

    Raises UnreadableError if a field is missing, unknown or of another type.
    """
    document = parse_toml(text, "the list of pinned sources")
    try:
        document["releases"] = document.pop("release", [])
        pins = msgspec.convert(document, Pins)
    except msgspec.ValidationError as error:
        raise UnreadableError("the list of pinned sources cannot be understood", cause=str(error)) from None
    for release in pins.releases:
        _check(release)
    tags = [release.tag for release in pins.releases]
    if len(set(tags)) != len(tags) or pins.default not in tags:
        raise UnreadableError(
            "the list of pinned sources contradicts itself",
            cause=f"default {pins.default!r} among {', '.join(tags)}",
        )
    return pins


def nearest_names(wanted: str, names: tuple[str, ...], *, limit: int = 3) -> tuple[str, ...]:
    """Return up to `limit` of the `names` that are most similar to `wanted`, best first."""
    return tuple(get_close_matches(wanted, names, n=limit, cutoff=0.6))


class ModelKind(StrEnum):
    """What a file can be used for; the bench program times only WHISPER."""

    WHISPER = "whisper"
    HEADER_ONLY = "header-only"
    OTHER = "other"


class CatalogEntry(Record):
    """A published file.

    `sources` counts the independent lists that agree on the SHA-256. Empty sums and `size_bytes` 0 mean that
    they were not published. `synthetic_sha256` is that of the file which the harness itself writes for this name.
    """

    name: str
    kind: ModelKind
    file: str
    url: str
    sha1: str = ""
    sha256: str = ""
    size_bytes: int = 0
    sources: int = 0
    note: str = ""
    synthetic_sha256: str = ""

    @property
    def quantised(self) -> bool:
        """Whether the weights are stored in fewer than 16 bits."""
        return bool(_QUANTISED.search(self.name))


class Catalog(Record):
    """All published files that the harness knows, in the order of the file."""

    model: tuple[CatalogEntry, ...]

    def entry(self, name: str) -> CatalogEntry:
        """Return the file called `name`; raises UsageError with the nearest names."""
        for entry in self.model:
            if entry.name == name:
                return entry
        near = _nearest(name, [entry.name for entry in self.model if entry.kind is ModelKind.WHISPER])
        raise UsageError(
            f"no model is called {name!r}",
            hint=f"did you mean {' or '.join(near)}?"
            if near
            else f"harness models  # lists them; or a group: {', '.join(GROUPS)}",
        )

    def by_sha256(self, sha256: str) -> CatalogEntry | None:
        """Return the published file with that SHA-256, or None."""
        return next((entry for entry in self.model if sha256 and entry.sha256 == sha256), None)


def parse_catalog(text: str) -> Catalog:
    """Return the catalogue in the text of `third_party/models.toml`; raises UnreadableError."""
    try:
        return msgspec.convert(parse_toml(text, "the catalogue of models"), Catalog)
    except msgspec.ValidationError as error:
        raise UnreadableError("the catalogue of models cannot be read", cause=str(error)) from None


def expand_models(words: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """Return the names that `words` ask for, in order and each once.

    A word is a name, a group, or a comma-separated list of both. Raises UsageError for names that do not exist
    or cannot be timed, and if there are none.
    """
    names = tuple(dict.fromkeys(_expanded(words)))
    if not names:
        raise UsageError("no model is named", hint="--model base")
    for name in names:
        require_timeable(catalog.entry(name))
    return names


def require_timeable(entry: CatalogEntry) -> None:
    """Raise UsageError for a file that the bench program cannot time, or whose timings would mislead."""
    causes = {
        ModelKind.HEADER_ONLY: "the file has no tensors, so memory that was never written would be timed",
        ModelKind.OTHER: "it is not a whisper model, and the bench program times only those",
    }
    if entry.kind in causes:
        raise UsageError(f"{entry.name} cannot be timed", cause=causes[entry.kind], hint="--model tiny")


def _nearest(name: str, names: Sequence[str]) -> list[str]:
    containing = [candidate for candidate in names if name in candidate]
    similar = difflib.get_close_matches(name, [*names, *GROUPS], n=4, cutoff=0.5)
    return list(dict.fromkeys((*similar, *containing)))[:4]


def _check(release: Release) -> None:
    sdist = release.sdist
    for field, value, pattern in (("sha256", sdist.sha256, _SHA256), ("sha", release.sha, _SHA1)):
        if not pattern.fullmatch(value):
            raise UnreadableError(
                "the list of pinned sources cannot be understood", cause=f"{field} of {release.tag} is {value!r}"
            )
    if sdist.bytes <= 0 or "/" in sdist.filename:
        raise UnreadableError(
            "the list of pinned sources cannot be understood",
            cause=f"size or name of the sdist of {release.tag}",
        )


def _expanded(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        for part in word.split(","):
            name = part.strip()
            if name:
                yield from GROUPS.get(name, (name,))
