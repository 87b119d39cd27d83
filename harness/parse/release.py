"""Pinned releases, as third_party/sources.toml states them."""

import re
from difflib import get_close_matches

import msgspec

from harness.errors import UnreadableError
from harness.parse.notation import parse_toml
from harness.records.source import Pins, Release

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"([0-9a-f]{40})?")


def parse_pins(text: str) -> Pins:
    """Return the pins that a TOML document states: `default`, `repo` and a table `release` for each.

    Raises UnreadableError where a field is missing, unknown or of another shape.
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


def _check(release: Release) -> None:
    sdist = release.sdist
    for field, value, pattern in (("sha256", sdist.sha256, _SHA256), ("sha", release.sha, _SHA1)):
        if not pattern.fullmatch(value):
            raise UnreadableError(
                "the list of pinned sources cannot be understood", cause=f"{field} of {release.tag} is {value!r}"
            )
    if sdist.bytes <= 0 or "/" in sdist.filename:
        raise UnreadableError("the list of pinned sources cannot be understood", cause=f"sdist of {release.tag}")


def nearest_names(wanted: str, names: tuple[str, ...], *, limit: int = 3) -> tuple[str, ...]:
    """Return up to `limit` of `names` that look most like `wanted`, best first."""
    return tuple(get_close_matches(wanted, names, n=limit, cutoff=0.6))
