"""The layers of settings: defaults < harness.toml < HARNESS_* < flags."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

from harness.errors import UsageError
from harness.plan.setting import BY_NAME, PREFIX, SETTINGS, Kind, Setting, Value
from harness.records.record import Record
from harness.records.run import Origin, SettingUsed

# These name files that are needed before or beside the settings.
_VARIABLES = {*(setting.variable for setting in SETTINGS), *(PREFIX + word for word in ("CONFIG", "VENV", "TEST_VENV"))}


class Settings(Record):
    """Every setting as it is in force, with the layer that it came from."""

    used: tuple[tuple[str, Value, Origin], ...]

    def _value(self, name: str) -> Value:
        return next(value for key, value, _ in self.used if key == name)

    def text(self, name: str) -> str:
        """Return a TEXT setting."""
        return str(self._value(name))

    def number(self, name: str) -> float:
        """Return an INTEGER or SECONDS setting."""
        value = self._value(name)
        return value if isinstance(value, int | float) else 0

    def flag(self, name: str) -> bool:
        """Return a FLAG setting."""
        return bool(self._value(name))

    def words(self, name: str) -> tuple[str, ...]:
        """Return a LIST or DEFINES setting."""
        value = self._value(name)
        return value if isinstance(value, tuple) else ()

    def describe(self) -> tuple[SettingUsed, ...]:
        """Return all settings as text, for the run's record."""
        return tuple(SettingUsed(name=name, value=_describe(value), origin=origin) for name, value, origin in self.used)


def layer_settings(
    *, file: Mapping[str, object], file_name: str, environ: Mapping[str, str], flags: Mapping[str, object]
) -> Settings:
    """Return defaults < `file` < `HARNESS_*` in `environ` < `flags`; raises UsageError for what no layer may say.

    An empty variable counts as not set. Keys of `file` may be written with dashes or underscores.
    """
    for variable in environ:
        if variable.startswith(PREFIX) and variable not in _VARIABLES:
            raise UsageError(f"unknown variable {variable}", hint=nearest(variable, _VARIABLES))
    normal = {key.replace("-", "_"): value for key, value in file.items()}
    for key in normal:
        if key not in BY_NAME:
            raise UsageError(f"{file_name}: unknown setting {key!r}", hint=nearest(key, BY_NAME))
    used: list[tuple[str, Value, Origin]] = []
    for setting in SETTINGS:
        value, origin = setting.default, Origin.DEFAULT
        if setting.name in normal:
            value, origin = _convert(setting, normal[setting.name], f"{file_name}: {setting.name}"), Origin.FILE
        if environ.get(setting.variable):
            value, origin = _convert(setting, environ[setting.variable], setting.variable), Origin.ENVIRONMENT
        if flags.get(setting.name) is not None:
            value, origin = _convert(setting, flags[setting.name], setting.flag), Origin.FLAG
        used.append((setting.name, value, origin))
    return Settings(used=tuple(used))


def _describe(value: Value) -> str:
    """Return a value as text without the password that a URL may carry."""
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the known words most like `word`."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"one of: {', '.join(names)}"


def _convert(setting: Setting, raw: object, where: str) -> Value:
    try:
        return _CONVERTERS[setting.kind](raw)
    except ValueError:
        raise UsageError(f"{where}: {raw!r} is not a valid {setting.kind}", hint=setting.help) from None


def _words(raw: object) -> tuple[str, ...]:
    pieces = raw if isinstance(raw, list | tuple) else [raw]
    words = tuple(word.strip() for piece in pieces for word in str(piece).split(",") if word.strip())
    if not words:
        raise ValueError
    return words


def _defines(raw: object) -> tuple[str, ...]:
    pieces = raw if isinstance(raw, list | tuple) else str(raw).split()
    defines = tuple(str(piece).removeprefix("-D") for piece in pieces)
    if not all(define.partition("=")[0].isidentifier() and "=" in define for define in defines):
        raise ValueError
    return defines


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
    if number < 0:
        raise ValueError
    return number


def _seconds(raw: object) -> float:
    seconds = float(str(raw))
    if not 0 < seconds < 1e9:
        raise ValueError
    return seconds


_CONVERTERS: dict[Kind, Callable[[object], Value]] = {
    Kind.TEXT: str,
    Kind.INTEGER: _integer,
    Kind.SECONDS: _seconds,
    Kind.FLAG: _flag,
    Kind.LIST: _words,
    Kind.DEFINES: _defines,
}
