"""The base classes of all records."""

import hashlib
from enum import StrEnum
from typing import Any, Self, dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen, slotted, keyword-only value that msgspec reads and writes."""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with `changes` made."""
        return msgspec.structs.replace(self, **changes)


class ExplainedWord(StrEnum):
    """Words for programs, each with one line of meaning for people."""

    meaning: str

    def __new__(cls, word: str, meaning: str = "") -> Self:
        """Return the member for a word, the form in which it is stored; each member is made with its meaning."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        return member


def is_text(word: str) -> bool:
    """Return whether a word can be stored; bytes that are not valid UTF-8 come from the system as lone surrogates."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def short_hash(*parts: object, length: int = 12) -> str:
    """Return the first `length` hex digits of the SHA-256 over the canonical JSON of `parts`."""
    encoded = msgspec.json.encode(parts, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:length]
