"""A verb as one record, from which the command line, the help and the shell completion are made."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from harness.commands.output import Output, OutputForm
from harness.records.record import Record
from harness.records.title import TITLES
from harness.settings.layer import Settings

BOTH = (OutputForm.TEXT, OutputForm.JSON)


class ArgumentKind(StrEnum):
    """What an argument takes from the command line, and what `Call` returns for it.

    ONE word, or empty; MAYBE a word after the option: None without the option, empty without the word; MANY words, by
    repeating an option; ANY number of words; SOME words, at least one; a NUMBER above 0, or None; a SWITCH, which is
    off unless `on`.
    """

    ONE = "one"
    MAYBE = "maybe"
    MANY = "many"
    ANY = "any"
    SOME = "some"
    NUMBER = "number"
    SWITCH = "switch"


class CompletionSource(StrEnum):
    """What a shell offers to complete a value: names that the harness knows, files or folders."""

    NONE = ""
    FILE = "file"
    FOLDER = "folder"
    MODELS = "models"
    REFS = "refs"
    RUNS = "runs"
    CODES = "codes"


class Argument(Record):
    """An argument of a verb that is not a setting: an option if `name` begins with dashes, else positional.

    In a `path`, a leading `~` means the home folder, and several paths may be joined by commas. Arguments that share a
    word in `instead` exclude each other. A `hidden` argument does not appear in the help. With `dashes`, words that
    begin with dashes and are no options of the verb are words like others.
    """

    name: str
    help: str
    takes: ArgumentKind = ArgumentKind.ONE
    metavar: str = ""
    short: str = ""
    default: str = ""
    on: bool = False
    path: bool = False
    choices: tuple[str, ...] = ()
    words: CompletionSource = CompletionSource.NONE
    instead: str = ""
    hidden: bool = False
    dashes: bool = False

    @property
    def key(self) -> str:
        """The name by which a call looks it up."""
        return self.name.lstrip("-").replace("-", "_").lower()


class Call(NamedTuple):
    """A verb as it was called. `script` returns the completion script of a shell."""

    given: Mapping[str, object]
    settings: Settings
    environ: Mapping[str, str]
    output: Output
    script: Callable[[str], str] = str

    def text(self, key: str) -> str:
        """Return the word of an argument, empty if none was given."""
        return str(self.given[key] or "")

    def maybe(self, key: str) -> str | None:
        """Return the word of an option that may stand alone, None if the option was not given."""
        word = self.given[key]
        return None if word is None else str(word)

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words of an argument that takes several."""
        words = self.given[key]
        return tuple(map(str, words)) if isinstance(words, list | tuple) else ()

    def pieces(self, key: str) -> tuple[str, ...]:
        """Return the words of an argument that takes several, split at commas."""
        return tuple(piece for word in self.words(key) for piece in word.split(","))

    def number(self, key: str) -> int | None:
        """Return the number of an argument, None if none was given."""
        number = self.given[key]
        return number if isinstance(number, int) else None

    def flag(self, key: str) -> bool:
        """Return whether a switch is on."""
        return bool(self.given[key])


class Verb(Record):
    """A verb: its arguments (apart from settings), and the function that carries it out. Its title is in `TITLES`.

    `first` are its most used settings, in the order in which the help lists them; `examples` are commands, each with
    a comment. `forms` are the formats in which it prints its result, empty if there is only one.
    """

    name: str
    call: Callable[[Call], int]
    arguments: tuple[Argument, ...] = ()
    first: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    forms: tuple[OutputForm, ...] = BOTH
    details: str = ""

    @property
    def summary(self) -> str:
        """What it does, as the help lists it."""
        return TITLES[self.name].summary


# The runs that a verb reads, and the place where it writes its output.
RUNS = Argument(
    name="RUN",
    takes=ArgumentKind.SOME,
    metavar="RUN",
    path=True,
    words=CompletionSource.RUNS,
    help="[NODE/]ID of a run or its beginning, the path of a bundle or a ggml-ci report, 'latest', 'all', or KEY=VALUE "
    "for all runs that match: node=, model=, commit=, release=, since=, until=",
)
OUTPUT = Argument(
    name="--output",
    short="-o",
    metavar="DIR",
    path=True,
    words=CompletionSource.FILE,
    help="output folder",
)
