"""Text of others made harmless for a terminal."""


def one_line(text: str) -> str:
    """Return `text` with all white space as single blanks."""
    return " ".join(text.split())


def printable(text: str) -> str:
    """Return `text` on one line, without anything that could steer a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in one_line(text)
    )
