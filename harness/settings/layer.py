"""The layers of settings: defaults < harness.toml < HARNESS_* < flags."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping

from harness.errors import UsageError
from harness.records.record import Record
from harness.records.run import SettingOrigin, SettingUsed
from harness.records.secret import HIDDEN, is_secret, redact
from harness.settings.name import PREFIX
from harness.settings.setting import Setting, SettingKind, Value
from harness.settings.table import ALIASES, BY_NAME, RETIRED, SETTINGS
from harness.settings.value import DURATIONS, parse_duration, split_option

_MOST_S = 1e9
# These name files and folders that are needed before or beside the settings.
_BESIDE = ("CONFIG", "SYSROOT", "VENV", "TEST_VENV")
_VARIABLES = {
    *(variable for setting in SETTINGS for variable in setting.variables),
    *(PREFIX + word for word in _BESIDE),
}


class Settings(Record):
    """The value of every setting, with the layer that it came from."""

    used: tuple[tuple[str, Value, SettingOrigin], ...]

    def _value(self, name: str, *kinds: SettingKind) -> Value:
        if name not in BY_NAME:
            raise KeyError(f"no setting is called {name!r}: {nearest(name, BY_NAME)}")
        if BY_NAME[name].kind not in kinds:
            raise TypeError(f"{name} is a setting of the kind {BY_NAME[name].kind}, not {' or '.join(kinds)}")
        return next(value for key, value, _ in self.used if key == name)

    def text(self, name: str) -> str:
        """Return a TEXT setting; it and the others raise KeyError or TypeError for what is not one."""
        return str(self._value(name, SettingKind.TEXT))

    def number(self, name: str) -> float:
        """Return an INTEGER setting, a SECONDS one in seconds, or a PERCENT one as a fraction."""
        value = self._value(name, SettingKind.INTEGER, SettingKind.SECONDS, SettingKind.PERCENT)
        return value if isinstance(value, int | float) else 0

    def flag(self, name: str) -> bool:
        """Return a FLAG setting."""
        return bool(self._value(name, SettingKind.FLAG))

    def words(self, name: str) -> tuple[str, ...]:
        """Return a LIST or DEFINES setting."""
        value = self._value(name, SettingKind.LIST, SettingKind.DEFINES)
        return value if isinstance(value, tuple) else ()

    def is_default(self, name: str) -> bool:
        """Return whether a setting is at its default because no layer above the defaults sets it."""
        if name not in BY_NAME:
            raise KeyError(f"no setting is called {name!r}: {nearest(name, BY_NAME)}")
        return any(key == name and origin is SettingOrigin.DEFAULT for key, _, origin in self.used)

    @property
    def from_flags(self) -> tuple[SettingUsed, ...]:
        """The settings that the command line sets."""
        return tuple(one for one in self.describe() if one.origin is SettingOrigin.FLAG)

    def supply(self, name: str, value: Value) -> "Settings":
        """Return these settings with `value` as the default of one of them; any layer that sets it still wins."""
        used = (
            (key, value if key == name and origin is SettingOrigin.DEFAULT else known, origin)
            for key, known, origin in self.used
        )
        return Settings(used=tuple(used))

    def override(self, values: Mapping[str, object], where: str) -> "Settings":
        """Return these settings with `values` in force; raises UsageError, naming `where`, for an invalid value."""
        changed = {name: _convert(BY_NAME[name], value, f"{where}: {name}") for name, value in values.items()}
        used = ((name, changed.get(name, value), origin) for name, value, origin in self.used)
        return Settings(
            used=tuple((name, value, SettingOrigin.FLAG if name in changed else origin) for name, value, origin in used)
        )

    def expand(self, expand: Callable[[str], str]) -> "Settings":
        """Return these settings with each leading `~` of a path replaced by the home folder; raises UsageError."""
        used = (
            (name, _expand(value, expand) if BY_NAME[name].path else value, origin) for name, value, origin in self.used
        )
        return Settings(used=tuple(used))

    def describe(self) -> tuple[SettingUsed, ...]:
        """Return all settings as text, for the run's record; a value that may be secret is hidden."""
        return tuple(
            SettingUsed(name=name, value=HIDDEN if BY_NAME[name].hidden and value else _describe(value), origin=origin)
            for name, value, origin in self.used
        )


def _keep(path: str) -> str:
    return path


def layer_settings(
    *,
    file: Mapping[str, object],
    file_name: str,
    environ: Mapping[str, str],
    flags: Mapping[str, object],
    expand: Callable[[str], str] = _keep,
) -> Settings:
    """Return defaults < `file` < `HARNESS_*` in `environ` < `flags`; raises UsageError for bad names and values.

    `expand` replaces a leading `~` of a path by the home folder. An empty variable counts as not set. Keys of `file`
    may be written with dashes or underscores.
    """
    for variable in environ:
        if variable.startswith(PREFIX) and variable not in _VARIABLES:
            hint = RETIRED.get(variable.removeprefix(PREFIX).lower()) or nearest(variable, _VARIABLES)
            raise UsageError(f"unknown variable {variable}", hint=hint)
    normal = name_settings(file, file_name)
    used: list[tuple[str, Value, SettingOrigin]] = []
    for setting in SETTINGS:
        value, origin = setting.default, SettingOrigin.DEFAULT
        if setting.name in normal:
            value, origin = _convert(setting, normal[setting.name], f"{file_name}: {setting.name}"), SettingOrigin.FILE
        given = [variable for variable in setting.variables if environ.get(variable)]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} are the same setting", hint=f"unset {given[-1]}")
        if given:
            value, origin = _convert(setting, environ[given[0]], given[0]), SettingOrigin.ENVIRONMENT
        if flags.get(setting.name) is not None:
            value, origin = _convert(setting, flags[setting.name], setting.flag), SettingOrigin.FLAG
        used.append((setting.name, _expand(value, expand) if setting.path else value, origin))
    return Settings(used=tuple(_choose_origin(used)))


def _expand(value: Value, expand: Callable[[str], str]) -> Value:
    """Return a path, or a list of paths, with the home folder in place of `~`; raises UsageError if it has none."""
    if isinstance(value, tuple):
        return tuple(_expand_path(word, expand) for word in value)
    return _expand_path(value, expand) if isinstance(value, str) else value


def _expand_path(path: str, expand: Callable[[str], str]) -> str:
    expanded = expand(path) if path.startswith("~") else path
    if expanded.startswith("~"):
        name = path.partition("/")[0]
        raise UsageError(f"{path}: no home folder found for {name}", hint=f"./{path} if the folder has this very name")
    return expanded


def _choose_origin(used: Iterable[tuple[str, Value, SettingOrigin]]) -> Iterator[tuple[str, Value, SettingOrigin]]:
    """Yield the settings, without `source` where a stronger layer sets `ref` or `repo`, and the other way round."""
    used = list(used)
    layers = list(SettingOrigin)
    given = {name: layers.index(origin) for name, value, origin in used if value and name in ("ref", "repo", "source")}
    tree, commit = given.get("source", 0), max(given.get("ref", 0), given.get("repo", 0))
    for name, value, origin in used:
        beaten = (name == "source" and tree < commit) or (name in ("ref", "repo") and commit < tree)
        yield (name, BY_NAME[name].default, SettingOrigin.DEFAULT) if beaten else (name, value, origin)


def _describe(value: Value) -> str:
    """Return a value as text, with any password in a URL replaced."""
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return redact(text, "***@")


def name_settings(
    table: Mapping[str, object], where: str, listing: str = "harness run --help  # each option is a setting"
) -> dict[str, object]:
    """Return the values of a table by setting name; raises UsageError for an unknown setting.

    `listing` is the command that prints those that there are.
    """
    normal: dict[str, object] = {}
    for key, value in table.items():
        name = name_setting(key)
        if name not in BY_NAME:
            hint = RETIRED.get(name) or nearest(name, BY_NAME, listing=listing)
            raise UsageError(f"{where}: unknown setting {name!r}", hint=hint)
        if name in normal:
            raise UsageError(
                f"{where}: the setting {name} is given twice, once as {key}", hint="remove one of the two lines"
            )
        normal[name] = value
    return normal


def name_setting(key: str) -> str:
    """Return the name of the setting for a key of a file, which may have dashes or be a short name."""
    name = key.replace("-", "_")
    return ALIASES.get(name, name)


def nearest(word: str, known: Iterable[str], *, listing: str = "") -> str:
    """Return a hint that names the known words closest to `word`, or all of them if none is close.

    Where they are too many for a line, `listing` is the command that prints them.
    """
    names = list(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else listing or f"one of: {', '.join(names)}"


def _convert(setting: Setting, raw: object, where: str) -> Value:
    try:
        value = _CONVERTERS[setting.kind](raw)
        if setting.kind is SettingKind.SECONDS and not value and setting.default:
            raise ValueError  # none at all is a duration only where it is the default
        return value
    except ValueError:
        expected, example = _EXPECTED[setting.kind]
        hint = f"{setting.flag} {example}" if setting.kind is not SettingKind.FLAG else example
        given = ",".join(map(str, raw)) if isinstance(raw, list | tuple) else raw
        raise UsageError(f"{where}: expected {expected}, not {given!r}", hint=hint) from None


def _text(raw: object) -> str:
    if isinstance(raw, list | tuple | Mapping):
        raise ValueError  # an array or a table of TOML
    return str(raw)


def _words(raw: object) -> tuple[str, ...]:
    pieces = raw if isinstance(raw, list | tuple) else [raw]
    words = tuple(word.strip() for piece in pieces for word in str(piece).split(",") if word.strip())
    if not words:
        raise ValueError
    return words


def _defines(raw: object) -> tuple[str, ...]:
    pieces = raw if isinstance(raw, list | tuple) else str(raw).split()
    options = [split_option(str(piece).removeprefix("-D")) for piece in pieces]
    for name, value in options:
        if is_secret(name, value):
            cause = "CMake options are recorded in run.json and visible in logs and in the list of processes"
            hint = "leave it out, or put it in a file that the build reads by itself"
            raise UsageError(f"-D {name} looks like a secret or contains a login", cause=cause, hint=hint)
    return tuple("=".join(option) for option in options)


def _flag(raw: object) -> bool:
    answers = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    word = str(raw).lower()
    if word not in answers:
        raise ValueError
    return answers[word]


def _integer(raw: object) -> int:
    if isinstance(raw, bool | float):
        raise ValueError  # TOML's true and 2.5 are not counts
    number = int(str(raw))
    if not 0 <= number < 1 << 63:
        raise ValueError
    return number


def _seconds(raw: object) -> float:
    seconds = parse_duration(str(raw))
    if seconds is None or seconds >= _MOST_S:
        raise ValueError
    return seconds


def _percent(raw: object) -> float:
    """Return a fraction; the percent sign is required, because 0.02 could mean 2 % or 0.02 %."""
    number, sign, rest = str(raw).partition("%")
    fraction = float(number) / 100
    if not sign or rest.strip() or not 0 <= fraction < 1:
        raise ValueError
    return fraction


# What each kind of setting expects, and an example of it.
_EXPECTED: dict[SettingKind, tuple[str, str]] = {
    SettingKind.TEXT: ("text", "TEXT"),
    SettingKind.INTEGER: ("a whole number", "10"),
    SettingKind.SECONDS: (DURATIONS, "10m"),
    SettingKind.PERCENT: ("a percentage from 0% to below 100%, with its sign", "2%"),
    SettingKind.FLAG: ("a switch", "true or false; 1, yes and on, or 0, no and off do as well"),
    SettingKind.LIST: ("at least one value", "VALUE,VALUE"),
    SettingKind.DEFINES: ("a CMake option NAME=VALUE", "GGML_LTO=ON"),
}
_CONVERTERS: dict[SettingKind, Callable[[object], Value]] = {
    SettingKind.TEXT: _text,
    SettingKind.INTEGER: _integer,
    SettingKind.SECONDS: _seconds,
    SettingKind.PERCENT: _percent,
    SettingKind.FLAG: _flag,
    SettingKind.LIST: _words,
    SettingKind.DEFINES: _defines,
}
