"""Text of others made harmless for a terminal."""


def one_line(text: str) -> str:
    """Return `text` with all white space as single blanks."""
    return " ".join(text.split())


def harmless(text: str) -> str:
    """Return `text` with its line ends, but without anything else that could steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "        ").split("\n")
    return "\n".join(_replaced(line) for line in lines)


def printable(text: str) -> str:
    """Return `text` on one line, without anything that could steer a terminal."""
    return _replaced(one_line(text))


def _replaced(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
