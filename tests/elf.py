"""Small ELF object files, made for tests: code that refers to string literals and to functions."""

import struct
from collections.abc import Sequence

_HEADER, _SECTION, _SYMBOL = 64, 64, 24
_X86_64, _PC32, _PLT32 = 62, 2, 4


def make_object(
    code: bytes,
    literals: Sequence[bytes] = (),
    *,
    refers_to: Sequence[int] = (),
    calls: Sequence[str] = (),
    align: int = 1,
    extra: str = "",
    machine: int = _X86_64,
    visibility: int = 0,
) -> bytes:
    """Return an object with `code`, which refers to the literals with the given numbers and to functions by name.

    Literals begin at multiples of `align`; `extra` names a further, empty section; `visibility` is the function's.
    """
    text, starts = b"", []
    for literal in literals:
        text += b"\0" * (-len(text) % align)
        starts.append(len(text))
        text += literal + b"\0"
    names, symbols = b"\0", [struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0), struct.pack("<IBBHQQ", 0, 3, 0, 3, 0, 0)]
    relocations = [struct.pack("<QQq", 8 * at, 1 << 32 | _PC32, starts[one] - 4) for at, one in enumerate(refers_to)]
    for name in calls:
        relocations.append(struct.pack("<QQq", 8 * len(relocations), len(symbols) << 32 | _PLT32, -4))
        symbols.append(struct.pack("<IBBHQQ", len(names), 16, 0, 0, 0, 0))
        names += name.encode() + b"\0"
    symbols.append(struct.pack("<IBBHQQ", len(names), 18, visibility, 1, 0, len(code)))
    names += b"function\0"
    sections = [
        # name, kind, flags, link, info, align, width, content
        ("", 0, 0, 0, 0, 0, 0, b""),
        (".text", 1, 6, 0, 0, 16, 0, code),
        (".rela.text", 4, 0x40, 5, 1, 8, 24, b"".join(relocations)),
        (f".rodata.str1.{align}", 1, 0x32, 0, 0, align, 1, text),
        (".comment", 1, 0x30, 0, 0, 1, 1, b"a compiler\0"),
        (".symtab", 2, 0, 6, 2, 8, _SYMBOL, b"".join(symbols)),
        (".strtab", 3, 0, 0, 0, 1, 0, names),
        *([(extra, 1, 0x80000000, 0, 0, 1, 0, b"")] if extra else []),
    ]
    table = b"\0" + b"".join(name.encode() + b"\0" for name, *_ in sections) + b".shstrtab\0"
    sections.append((".shstrtab", 3, 0, 0, 0, 1, 0, table))
    body, rows = b"", []
    for name, kind, flags, link, info, each, width, content in sections:
        place = table.index(b"\0" + name.encode() + b"\0") + 1 if name else 0
        offset = _HEADER + len(body)
        rows.append(struct.pack("<IIQQQQIIQQ", place, kind, flags, 0, offset, len(content), link, info, each, width))
        body += content
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack(
        "<HHIQQQIHHHHHH", 1, machine, 1, 0, 0, _HEADER + len(body), 0, 64, 0, 0, _SECTION, len(rows), len(rows) - 1
    )
    return header + body + b"".join(rows)
