"""Settings that were kept with what they began, in force again when it is gone on with."""

import re
from collections.abc import Callable, Iterable, Sequence

from harness.errors import UsageError
from harness.records.run import SettingOrigin, SettingUsed
from harness.settings.layer import Settings
from harness.settings.setting import SettingKind, Value
from harness.settings.table import BY_NAME, SETTINGS

# What decides what is measured; all others say where, how patiently, or how it is shown, and those of the command hold.
DECISIVE = frozenset(
    """model quant threads force_threads flash_attn repetitions seed weights timeout pin nice huge_pages engine ref repo
    source isa compiler build_type backend blas llamafile openmp tools define allow_unknown_options loadable werror
    """.split()
)
_NEXT_OPTION = re.compile(r",(?=[A-Za-z_][A-Za-z0-9_]*(?::[A-Za-z]+)?=)")
_MARK = "***@"
# What records of earlier harnesses call a value.
_VALUES = {("engine", "sampler"): "library"}


def list_decisive(settings: Settings) -> tuple[SettingUsed, ...]:
    """Return what must be kept of the settings, as text."""
    return tuple(one for one in settings.describe() if one.name in DECISIVE)


def recall(settings: Settings, kept: Sequence[SettingUsed]) -> Settings:
    """Return `settings` with all that are decisive as they were kept.

    One that held a login, which is not kept, stays as it is now; raises UsageError where it is not given now, and for a
    value that cannot be.
    """
    values, origins = {}, {}
    for one in _rename(kept):
        if one.name not in DECISIVE:
            continue
        setting = BY_NAME[one.name]
        if _MARK in one.value:
            if settings.is_default(one.name):
                cause = "it was begun with a login, which is not kept"
                raise UsageError(f"{setting.flag} is missing", cause=cause, hint=f"give {setting.flag} again")
            continue
        values[one.name] = _parse(one.value, setting.kind)
        origins[one.name] = one.origin
    given = {name: value for name, value in values.items() if value not in ("", ())}
    recalled = settings.override(given, "the settings that were kept")
    empty = {name: BY_NAME[name].default for name in values.keys() - given.keys()}
    return Settings(
        used=tuple((name, empty.get(name, value), origins.get(name, origin)) for name, value, origin in recalled.used)
    )


def restore_settings(kept: Iterable[SettingUsed]) -> Settings:
    """Return the settings that `Settings.describe` told, its inverse; raises ValueError for what it cannot have told.

    What was not told, as a setting that is newer than the record, is at its default. A login stays left out.
    """
    told = {one.name: one for one in _rename(kept)}
    used: list[tuple[str, Value, SettingOrigin]] = []
    for setting in SETTINGS:
        one = told.get(setting.name)
        value = setting.default if one is None else _RESTORERS[setting.kind](one.value)
        used.append((setting.name, value, one.origin if one else SettingOrigin.DEFAULT))
    return Settings(used=tuple(used))


def _rename(kept: Iterable[SettingUsed]) -> list[SettingUsed]:
    """Return the settings with the values that they have now."""
    return [one.replace(value=_VALUES.get((one.name, one.value), one.value)) for one in kept]


def _restore_flag(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError(f"neither True nor False: {text!r}")
    return text == "True"


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
    """Return a value of its text, as a flag or a file would give it."""
    if kind is SettingKind.DEFINES:
        return _NEXT_OPTION.split(text) if text else ()
    return text
