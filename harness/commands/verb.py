"""What a verb is: one record, of which the command line, the help and the completion of shells are made."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from harness.commands.output import Output, OutputForm
from harness.records.record import Record
from harness.settings.layer import Settings

BOTH = (OutputForm.TEXT, OutputForm.JSON)


class VerbGroup(StrEnum):
    """What a verb is for, in the order in which the help lists them."""

    MEASURE = "measure"
    COMPARE = "compare"
    HISTORY = "history"
    LOOK = "look"
    SET_UP = "set up"
    EXCHANGE = "exchange"


class ArgumentKind(StrEnum):
    """What an argument takes from the command line, and what `Call` answers for it.

    ONE word, or empty; MAYBE one, where an option may stand alone: None without the option, empty without the word;
    MANY words, by repeating an option; ANY number of words, SOME, which is at least one; a NUMBER above 0, or None;
    a SWITCH, which is off unless `on`.
    """

    ONE = "one"
    MAYBE = "maybe"
    MANY = "many"
    ANY = "any"
    SOME = "some"
    NUMBER = "number"
    SWITCH = "switch"


class CompletionSource(StrEnum):
    """What a shell offers for a value: names that the harness knows, or what lies there."""

    NONE = ""
    FILE = "file"
    FOLDER = "folder"
    MODELS = "models"
    REFS = "refs"
    RUNS = "runs"
    CODES = "codes"


class Argument(Record):
    """An argument of a verb that is not a setting: an option where `name` begins with dashes, else a word by its place.

    `path` is one in which a `~` stands for the home folder, and of which several may be joined by commas.
    Of those that share a word in `instead` only one may be given. One that is `hidden` stands in no help.
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

    @property
    def key(self) -> str:
        """The name under which a call answers for it."""
        return self.name.lstrip("-").replace("-", "_").lower()


class Call(NamedTuple):
    """A verb as it was called. `script` answers with the completion of a shell."""

    given: Mapping[str, object]
    settings: Settings
    environ: Mapping[str, str]
    output: Output
    script: Callable[[str], str] = str

    def text(self, key: str) -> str:
        """Return the word of an argument, empty where none was given."""
        return str(self.given[key] or "")

    def maybe(self, key: str) -> str | None:
        """Return the word of an option that may stand alone, None where the option was not given."""
        word = self.given[key]
        return None if word is None else str(word)

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words of an argument that takes several."""
        words = self.given[key]
        return tuple(map(str, words)) if isinstance(words, list | tuple) else ()

    def pieces(self, key: str) -> tuple[str, ...]:
        """Return the words of an argument that takes several, those that commas join each by itself."""
        return tuple(piece for word in self.words(key) for piece in word.split(","))

    def number(self, key: str) -> int | None:
        """Return the number of an argument, None where none was given."""
        number = self.given[key]
        return number if isinstance(number, int) else None

    def flag(self, key: str) -> bool:
        """Return whether a switch is on."""
        return bool(self.given[key])


class Verb(Record):
    """What a verb does, its arguments beside the settings that name it, and who carries it out.

    `first` are the settings that people use most, in the order in which the help lists them; `examples` are commands
    and what each does. `forms` are those in which it prints its answer, none where the answer has one form alone.
    """

    name: str
    summary: str
    group: VerbGroup
    call: Callable[[Call], int]
    arguments: tuple[Argument, ...] = ()
    first: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    forms: tuple[OutputForm, ...] = BOTH
    details: str = ""


# The runs of a verb that reads them, and where one writes what it makes.
RUNS = Argument(
    name="RUN",
    takes=ArgumentKind.SOME,
    metavar="RUN",
    path=True,
    words=CompletionSource.RUNS,
    help="[NODE/]ID of a run, or its beginning, or the path of a bundle or of a ggml-ci report; 'latest'; 'all'",
)
OUTPUT = Argument(
    name="--output",
    short="-o",
    metavar="DIR",
    path=True,
    words=CompletionSource.FILE,
    help="the folder to write into",
)
