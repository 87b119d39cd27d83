"""The settings that a run or sweep was begun with, restored when it is resumed."""

import re
from collections.abc import Callable, Iterable, Sequence

from harness.errors import UsageError
from harness.records.run import SettingOrigin, SettingUsed
from harness.records.secret import HIDDEN
from harness.records.suite import EARLIER_ENGINES
from harness.settings.layer import Settings
from harness.settings.setting import RUN, TRIAL, SettingKind, Value
from harness.settings.table import BY_NAME, SETTINGS

# These decide what is measured. All others (folders, waiting, output) are taken from the resuming command.
DECISIVE = frozenset(
    """model quant threads force_threads flash_attn repetitions seed weights timeout pin nice huge_pages engine ref repo
    source isa compiler build_type backend blas llamafile openmp tools define allow_unknown_options loadable werror
    quality audio text language over
    check
    """.split()
)
# These decide the config of a build, where its commits are found, and under which conditions and name it was measured.
_AGAIN = tuple(
    """repo isa compiler build_type backend blas llamafile openmp define allow_unknown_options werror
    weights force_threads pin nice huge_pages as_node check""".split()
)
# These decide, besides, what a run does.
OF_RUN = frozenset(
    {"bench", "audio", "clients", "vad", "text", "language", "tests", "precision", "max_time", "roofline", "retries"}
)
# And these what a live comparison asks.
_OF_TRIAL = frozenset({"metric", "pairs"})
# How values are written that need a unit.
_WRITTEN: dict[SettingKind, Callable[[Value], str]] = {
    SettingKind.SECONDS: lambda value: f"{value}s",
    SettingKind.PERCENT: lambda value: f"{100 * float(value):g}%" if isinstance(value, int | float) else str(value),
}
_NEXT_OPTION = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z]+)?=)")
_MARKS = ("***@", f"={HIDDEN}")
_FLAGS = (str(False), str(True))
# What records of earlier harnesses call a value, and a setting that was switched the other way round.
_VALUES = {("engine", word): name for word, name in EARLIER_ENGINES.items()}
_OPPOSITES = {"no_tests": "tests", "no_roof": "roofline", "no_wait": "wait"}


def list_decisive(settings: Settings) -> tuple[SettingUsed, ...]:
    """Return the decisive settings, as text, for the record."""
    return tuple(one for one in settings.describe() if one.name in DECISIVE)


def has_login(one: SettingUsed) -> bool:
    """Return whether the value of a setting had a login or another secret, which its description leaves out."""
    return any(mark in one.value for mark in _MARKS)


def recall(settings: Settings, kept: Sequence[SettingUsed]) -> Settings:
    """Return `settings` with all decisive settings as they were recorded.

    Logins are not recorded: a setting that had one keeps its current value. Raises UsageError if it has none now, and
    for a recorded value that is invalid.
    """
    values, origins = {}, {}
    for one in _rename(kept):
        if one.name not in DECISIVE:
            continue
        setting = BY_NAME[one.name]
        if has_login(one):
            if settings.is_default(one.name):
                cause = "its original value contained a login or another secret, which is not recorded"
                raise UsageError(f"{setting.flag} is missing", cause=cause, hint=f"give {setting.flag} again")
            continue
        values[one.name] = _parse(one.value, setting.kind)
        origins[one.name] = one.origin
    given = {name: value for name, value in values.items() if value not in ("", ())}
    recalled = settings.override(given, "recorded settings")
    empty = {name: BY_NAME[name].default for name in values.keys() - given.keys()}
    return Settings(
        used=tuple((name, empty.get(name, value), origins.get(name, origin)) for name, value, origin in recalled.used)
    )


def restore_settings(kept: Iterable[SettingUsed]) -> Settings:
    """Return the settings that `Settings.describe` described; raises ValueError for a description that is not valid.

    A setting that the description lacks, because it is newer, has its default. Logins are not restored.
    """
    stated = {one.name: one for one in _rename(kept)}
    used: list[tuple[str, Value, SettingOrigin]] = []
    for setting in SETTINGS:
        one = stated.get(setting.name)
        value = setting.default if one is None else _RESTORERS[setting.kind](one.value)
        used.append((setting.name, value, one.origin if one else SettingOrigin.DEFAULT))
    return Settings(used=tuple(used))


def restore_value(one: SettingUsed) -> tuple[str, Value] | None:
    """Return name and value of a recorded setting, as they are called now.

    None for one that is not known here, for one that had a login, and for a value that cannot be understood.
    """
    now = _rename_one(one)
    if now.name not in BY_NAME or has_login(now):
        return None
    try:
        return now.name, _RESTORERS[BY_NAME[now.name].kind](now.value)
    except ValueError:
        return None


def name_options(kept: Iterable[SettingUsed]) -> tuple[str, ...]:
    """Return the options with which a live comparison builds and measures on this node as recorded settings asked for.

    What is as by default is left out, and so is what had a login or cannot be understood.
    """
    return _spell(kept, [name for name in _AGAIN if TRIAL[0] in BY_NAME[name].commands])


def spell_options(kept: Iterable[SettingUsed], *, besides: Sequence[str] = ()) -> tuple[str, ...]:
    """Return recorded decisive settings as options of a command, without those as by default and `besides`.

    What had a login is left out too, and what cannot be understood.
    """
    return _spell(kept, [one.name for one in SETTINGS if one.name in DECISIVE - set(besides)])


def spell_run(kept: Iterable[SettingUsed], *, besides: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the options with which `harness run` does again what recorded settings asked for, without `besides`."""
    names = (DECISIVE | OF_RUN) - {"seed", *besides}
    return _spell(kept, [one.name for one in SETTINGS if one.name in names and RUN[0] in one.commands])


def spell_trial(kept: Iterable[SettingUsed], *, besides: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the options with which `harness ab` asks the same again, without `besides`."""
    names = (DECISIVE | _OF_TRIAL) - set(besides)
    return _spell(kept, [one.name for one in SETTINGS if one.name in names and TRIAL[0] in one.commands])


def _spell(kept: Iterable[SettingUsed], names: Iterable[str]) -> tuple[str, ...]:
    texts = {one.name: one.value for one in _rename(kept)}
    words: list[str] = []
    for name in names:
        setting, text = BY_NAME[name], texts.get(name, "")
        if not text or any(mark in text for mark in _MARKS):
            continue
        try:
            value = _RESTORERS[setting.kind](text)
        except ValueError:
            continue
        if value == setting.default:
            continue
        option = setting.short or setting.flag
        if isinstance(value, bool):
            words.append(option if value else setting.opposite)
        elif isinstance(value, tuple) and setting.kind is SettingKind.DEFINES:
            words += [word for one in value for word in (option, one)]
        elif isinstance(value, tuple):
            words += [option, ",".join(value)]
        else:
            words += [option, _WRITTEN.get(setting.kind, str)(value)]
    return tuple(words)


def _rename(kept: Iterable[SettingUsed]) -> list[SettingUsed]:
    """Return the settings under their present names, with their present values."""
    return [_rename_one(one) for one in kept]


def _rename_one(one: SettingUsed) -> SettingUsed:
    if one.name in _OPPOSITES:
        other = dict(zip(_FLAGS, reversed(_FLAGS), strict=True))
        return one.replace(name=_OPPOSITES[one.name], value=other.get(one.value, one.value))
    return one.replace(value=_VALUES.get((one.name, one.value), one.value))


def _restore_flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(f"neither True nor False: {text!r}")
    return text == _FLAGS[1]


_RESTORERS: dict[SettingKind, Callable[[str], Value]] = {
    SettingKind.TEXT: str,
    SettingKind.INTEGER: int,
    SettingKind.SECONDS: float,
    SettingKind.PERCENT: float,
    SettingKind.FLAG: _restore_flag,
    SettingKind.LIST: lambda text: tuple(text.split(",")) if text else (),
    SettingKind.DEFINES: lambda text: tuple(_NEXT_OPTION.split(text)) if text else (),
}


def _parse(text: str, kind: SettingKind) -> object:
    """Return a value from its text, in the form in which a flag or a file gives it."""
    if kind is SettingKind.DEFINES:
        return _NEXT_OPTION.split(text) if text else ()
    return text
