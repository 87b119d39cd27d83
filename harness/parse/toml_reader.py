"""The tables of a TOML document, read with complaints that name the line."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from harness.errors import UsageError
from harness.parse.toml_line import find_line
from harness.settings.layer import nearest

Table = Mapping[str, object]


class TomlSpot(NamedTuple):
    """A place in a TOML document: a key of a table; of a table that is repeated, the one with this number."""

    table: tuple[str, ...] = ()
    key: str = ""
    nth: int = 0

    def __str__(self) -> str:
        """Return the name of the table, as its header has it."""
        return ".".join(self.table)

    def at(self, key: str) -> "TomlSpot":
        """Return the place of a key of this table."""
        return self._replace(key=key)

    def below(self, key: str) -> "TomlSpot":
        """Return the place of a table in this one."""
        return TomlSpot((*self.table, key))


class TomlReader:
    """What a document may hold, read piece by piece; everything else is refused with its line."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name

    def require_keys(self, table: Table, known: Sequence[str], here: TomlSpot) -> None:
        """Refuse keys that a table cannot have."""
        for key in table:
            if key not in known:
                self.refuse(f"unknown key {key!r}", here.at(key), hint=nearest(key, known))

    def refuse_choice(self, key: str, word: str, known: Iterable[str], here: TomlSpot) -> NoReturn:
        """Refuse a word that is none of those that there are."""
        hint = nearest(word, known)
        self.refuse(f"{key}: {word!r} is not one of {', '.join(known)}", here.at(key), hint=hint)

    def table(self, table: Table, key: str, here: TomlSpot) -> Table:
        """Return a table in a table, empty where there is none."""
        found = table.get(key, {})
        if not isinstance(found, dict):
            self.refuse(f"{key} is not a table", here.at(key), hint=f"[{here.below(key)}] on a line of its own")
        return found

    def word(self, table: Table, key: str, here: TomlSpot, default: str = "") -> str:
        """Return the text of a key, on one line."""
        word = table.get(key, default)
        if not isinstance(word, str) or "\n" in word or "\0" in word:
            self.refuse(f"{key}: expected text on one line", here.at(key), hint=f'{key} = "..."')
        return word

    def words(self, table: Table, key: str, here: TomlSpot) -> tuple[str, ...]:
        """Return the words of a key, none where it is not there."""
        words = table.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) and word.isprintable() for word in words):
            self.refuse(f"{key}: expected a list of words", here.at(key), hint=f'{key} = ["...", "..."]')
        return tuple(words)

    def name_line(self, here: TomlSpot) -> str:
        """Return the name of the document and the line of a place."""
        return f"{self._name}, line {find_line(self._text, here.table, here.key, here.nth)}"

    def refuse(self, what: str, here: TomlSpot, *, hint: str) -> NoReturn:
        """Raise UsageError for what is wrong at a place."""
        raise UsageError(f"{self.name_line(here)}: {what}", hint=hint)
