"""What a setting is: a flag, a variable, a key in harness.toml, a default, and the verbs that take it."""

from enum import StrEnum

from harness.records.record import Record
from harness.settings.name import PREFIX

EXCHANGE = ("import", "export", "share")
# This makes pages of everything that is stored.
SITE = ("site",)
READ = ("list", "show", "report", "compare")
# These are about many runs at once.
FLEET = ("fleet",)
PAST = ("history", "events", "index", *SITE, *FLEET)
NIGHT = ("nightly",)
# These can select runs by their content.
INDEX = (*READ, "export", "share", *PAST, *NIGHT)
RUN = ("run",)
# What says what an ordinary run measures.
ORDINARY = (*RUN, *NIGHT)
TRIAL = ("ab", "calibrate")
BISECT = ("bisect",)
JUDGE = (*TRIAL, *BISECT, "compare")
SWEEP = ("sweep",)
TUNE = ("tune",)
REPEAT = (*ORDINARY, *SWEEP)
# What can listen to recordings.
LISTEN = (*ORDINARY, *SWEEP, *TUNE, "ab")
MEASURE = (*REPEAT, *TUNE, *TRIAL, *BISECT)
BUILD = (*MEASURE, "build")
# Others choose the commits that they build themselves.
OF_ONE_SOURCE = tuple(verb for verb in BUILD if verb not in (*BISECT, *NIGHT))
COMPILE = (*BUILD, "roofline")
WORK = (*COMPILE, "models")
KEEP = ("cache",)
ALL = (*WORK, "doctor", *EXCHANGE, *READ, *PAST, *KEEP)

# These only say how a command prints; none of them changes what it does.
PRINTING = ("format", "quiet", "verbose")

Value = str | int | float | bool | tuple[str, ...]


class SettingKind(StrEnum):
    """How a setting is written: a LIST can be repeated and is split at commas, DEFINES can only be repeated.

    SECONDS are durations (`harness.settings.value`). A PERCENT is written with its sign and stored as a fraction.
    """

    TEXT = "text"
    INTEGER = "integer"
    SECONDS = "seconds"
    PERCENT = "percent"
    FLAG = "flag"
    LIST = "list"
    DEFINES = "defines"


class Setting(Record):
    """One setting; `commands` are the verbs that take it.

    The value of a `path` setting may be a path; a leading `~` in it means a home folder. `alias` is a second name for
    the flag, the key and the variable. The value of a `hidden` one may be secret and is not recorded. The help
    of a FLAG describes the option that changes its default.
    """

    name: str
    kind: SettingKind
    default: Value
    help: str
    commands: tuple[str, ...]
    metavar: str = ""
    short: str = ""
    path: bool = False
    alias: str = ""
    hidden: bool = False

    @property
    def flag(self) -> str:
        """The long option on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def opposite(self) -> str:
        """The option that turns a FLAG off."""
        return "--no-" + self.name.replace("_", "-")

    @property
    def flags(self) -> tuple[str, ...]:
        """All options on the command line, the short one first."""
        return tuple(word for word in (self.short, self.flag, f"--{self.alias}" if self.alias else "") if word)

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def variables(self) -> tuple[str, ...]:
        """All environment variables."""
        return (self.variable, PREFIX + self.alias.upper()) if self.alias else (self.variable,)
