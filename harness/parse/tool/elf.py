"""Digests of ELF object files, over what the processor executes and reads, without names.

The format is that of the System V ABI (gabi 4.1) and its supplements.
"""

import bisect
import hashlib
import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.errors import UnreadableError

_MAGIC, _BITCODE = b"\x7fELF", (b"BC\xc0\xde", b"\xde\xc0\x17\x0b")
_64_BIT, _LITTLE, _RELOCATABLE = 2, 1, 1
_SYMTAB, _RELA, _NOBITS, _REL, _NOTE = 2, 4, 8, 9, 7
_ALLOC, _STRINGS = 0x2, 0x20
_X86_64, _PC32 = 62, 2
# Instructions refer to what stands behind their four bytes of displacement.
_DISPLACEMENT_BYTES = 4
# What is compiled to machine code only when it is linked, for this processor or for a device.
_LATER = (".gnu.lto_", ".llvm.lto", ".llvm.offloading", "__CLANG_OFFLOAD_BUNDLE")
# How to unwind, made of the code.
_UNWIND = (".eh_frame", ".debug_frame")
_SECTION, _FILE = 3, 4
_DIGITS = 16

Forget = Callable[[bytes], bytes]


class _Section(NamedTuple):
    name: str
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    width: int


class _Symbol(NamedTuple):
    name: str
    info: int
    visibility: int
    section: int
    value: int
    size: int


def digest_object(data: bytes, forget: Forget) -> str:
    """Return 16 hex digits of a hash over code, constants and data of a relocatable ELF file, and what they refer to.

    `forget` is applied to every string literal. A reference to a literal counts by its text and not by its position,
    which depends on the lengths of others. Raises UnreadableError for any other file, and for one without code.
    """
    try:
        return _Object(data).digest(forget)
    except (struct.error, IndexError, ValueError):
        raise UnreadableError("an object file is cut off or damaged") from None


class _Literals:
    """The string literals of a section, which are separated by zeros."""

    def __init__(self, content: bytes, forget: Forget) -> None:
        found = list(re.finditer(rb"[^\0]+", content))
        self.texts = [forget(one[0]) for one in found]
        self._starts = [one.start() for one in found]
        self._ends = [one.end() for one in found]

    def at(self, place: int) -> bytes:
        """Return the text of the literal at an offset, with the offset in it; empty for an empty literal."""
        number = bisect.bisect_right(self._starts, place) - 1
        if number < 0 or place >= self._ends[number]:
            return b""
        return b"%d %s" % (place - self._starts[number], self.texts[number])


class _Object:
    def __init__(self, data: bytes) -> None:
        if data.startswith(_BITCODE):
            raise UnreadableError("link-time optimisation: the objects hold no machine code")
        if not data.startswith(_MAGIC) or data[4] != _64_BIT:
            raise UnreadableError("the objects are not 64-bit ELF files")
        self._data, self._order = data, "<" if data[5] == _LITTLE else ">"
        kind, self._machine = self._unpack("HH", 16)
        (table,) = self._unpack("Q", 40)
        size, count, names = self._unpack("HHH", 58)
        if kind != _RELOCATABLE or not count:
            raise UnreadableError("one ELF file is not an object file, or has too many sections")
        rows = [self._unpack("IIQQQQIIQQ", table + size * number) for number in range(count)]
        text = rows[names][4]
        self._sections = [
            _Section(self._text(text + row[0]), row[1], row[2], row[4], row[5], row[6], row[7], row[8], row[9])
            for row in rows
        ]
        later = next((section.name for section in self._sections if section.name.startswith(_LATER)), "")
        if later:
            what = "link-time optimisation" if "lto" in later else "code for a device"
            raise UnreadableError(f"{what}: not all of the machine code is in the objects")

    def digest(self, forget: Forget) -> str:
        """Return the digest of the whole object."""
        symbols = list(self._symbols())
        literals = {
            number: _Literals(self._content(section), forget)
            for number, section in enumerate(self._sections)
            if _is_text(section)
        }
        # By its length and alignment a literal goes into one section or another.
        found = hashlib.sha256(b"%d\n" % self._machine)
        found.update(b"\0".join(sorted(text for one in literals.values() for text in one.texts)))
        for number, section in enumerate(self._sections):
            if number in literals or not _is_loaded(section):
                continue
            found.update(f"\n{section.name} {section.kind} {section.flags} {section.align} {section.size}\n".encode())
            if section.kind != _NOBITS:
                found.update(self._content(section))
        for section in self._sections:
            target = self._sections[section.info] if section.kind in (_RELA, _REL) else None
            if target and _is_loaded(target):
                found.update(f"\n{section.name}\n".encode())
                found.update(b"\n".join(self._relocations(section, symbols, literals)))
        found.update("\n".join(self._describe_symbols(symbols)).encode())
        return found.hexdigest()[:_DIGITS]

    def _describe_symbols(self, symbols: list[_Symbol]) -> Iterator[str]:
        """Yield what the linker uses: it calls a function of default visibility indirectly."""
        for symbol in symbols:
            if symbol.info & 0xF in (_SECTION, _FILE) or not symbol.name:
                continue
            where = str(symbol.section)  # undefined, common or absolute
            if 0 < symbol.section < len(self._sections):
                section = self._sections[symbol.section]
                if not _is_loaded(section) or _is_text(section):
                    continue
                where = section.name
            yield f"{symbol.name} {symbol.info} {symbol.visibility} {where} {symbol.value} {symbol.size}"

    def _relocations(
        self, section: _Section, symbols: list[_Symbol], literals: dict[int, "_Literals"]
    ) -> Iterator[bytes]:
        names = [one.name for one in self._sections]
        layout = f"{self._order}QQq" if section.kind == _RELA else f"{self._order}QQ"
        for row in struct.iter_unpack(layout, self._content(section)):
            offset, info = row[0], row[1]
            addend = row[2] if len(row) > 2 else 0
            symbol, kind = symbols[info >> 32], info & 0xFFFFFFFF
            if symbol.section in literals:
                place = symbol.value + addend
                place += _DISPLACEMENT_BYTES if (self._machine, kind) == (_X86_64, _PC32) else 0
                yield b"%d %d %s" % (offset, kind, literals[symbol.section].at(place))
            else:
                where = names[symbol.section] if symbol.section < len(names) else str(symbol.section)
                yield f"{offset} {kind} {symbol.name} {where} {symbol.value} {addend}".encode()

    def _symbols(self) -> Iterator[_Symbol]:
        for section in self._sections:
            if section.kind == _SYMTAB:
                names = self._sections[section.link].offset
                for name, info, visibility, where, value, size in struct.iter_unpack(
                    f"{self._order}IBBHQQ", self._content(section)
                ):
                    yield _Symbol(self._text(names + name), info, visibility, where, value, size)

    def _content(self, section: _Section) -> bytes:
        content = self._data[section.offset : section.offset + section.size]
        if len(content) != section.size:
            raise ValueError
        return content

    def _text(self, at: int) -> str:
        return self._data[at : self._data.index(b"\0", at)].decode("utf-8", "replace")

    def _unpack(self, layout: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(f"{self._order}{layout}", self._data, at)


def _is_loaded(section: _Section) -> bool:
    loaded = bool(section.flags & _ALLOC) and section.kind != _NOTE
    return loaded and not section.name.startswith(_UNWIND)


def _is_text(section: _Section) -> bool:
    """Return whether a section holds string literals of single bytes."""
    return bool(section.flags & _STRINGS) and section.width == 1 and _is_loaded(section)
