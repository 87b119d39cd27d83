"""Settings of the jobs of a fleet: which they may have, and how a command spells them."""

from collections.abc import Iterable, Mapping

from harness.errors import UsageError
from harness.settings.layer import layer_settings, name_settings
from harness.settings.setting import NIGHT, PRINTING, RUN, SWEEP, SettingKind
from harness.settings.table import BY_NAME

# What a job of a fleet can do.
JOB_VERBS = (*RUN, *NIGHT, *SWEEP)
# The fleet itself gives these to each of its jobs.
_OF_FLEET = {
    "as_node": "a job has the name that the scheduler has for its node",
    "cache": "the key `cache` of a class says where its nodes keep builds",
    "database": "nodes write results only; the index is kept where they are collected",
    "dry_run": "harness fleet plan shows what would be done",
    "job": "the fleet gives each job its key",
    "results": "the key `results` of a class says where its nodes write to",
    **dict.fromkeys(PRINTING, "a job prints into a log"),
}
_DEFAULTS = layer_settings(file={}, file_name="", environ={}, flags={})

JobSettings = dict[str, tuple[str, ...]]


def read_job_settings(table: Mapping[str, object], where: str, verb: str = "") -> JobSettings:
    """Return the settings of a table of fleet.toml as words by name.

    Without a verb they are those of several jobs, and one verb must take each of them. Raises UsageError, which names
    `where`, for an unknown setting, one that the verb does not take, one that the fleet gives, and a value that is not
    valid.
    """
    verbs = (verb,) if verb else JOB_VERBS
    found: JobSettings = {}
    for name, value in name_settings(table, where, f"harness {verbs[0]} --help  # each option is a setting").items():
        setting = BY_NAME[name]
        if name in _OF_FLEET:
            raise UsageError(f"{where}: a job cannot have the setting {name}", hint=f"remove it: {_OF_FLEET[name]}")
        if setting.hidden:
            cause = "its value may be secret, and everybody who may see the queue could read it"
            hint = f"write it into harness.toml on the nodes, or set {setting.variable} there"
            raise UsageError(f"{where}: a job cannot have the setting {name}", cause=cause, hint=hint)
        if not {*verbs} & {*setting.commands}:
            names = " or ".join(f"harness {one}" for one in verbs)
            raise UsageError(f"{where}: {names} takes no setting {name}", hint="remove it")
        _DEFAULTS.override({name: value}, where)
        found[name] = _list_words(setting.kind, value)
    return found


def choose_job_settings(tables: Iterable[JobSettings], verb: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the settings that a verb takes; those of a later table win."""
    merged: JobSettings = {}
    for table in tables:
        merged |= table
    return tuple((name, words) for name, words in merged.items() if verb in BY_NAME[name].commands)


def spell_job_settings(settings: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return settings of a job as options of a command."""
    found: list[str] = []
    for name, words in settings:
        setting = BY_NAME[name]
        if setting.kind is SettingKind.FLAG:
            found.append(setting.flag if words == _ON else setting.opposite)
        elif setting.kind is SettingKind.DEFINES:
            found += [word for one in words for word in (setting.flag, one)]
        else:
            value = ",".join(words)
            # An option's value that begins with a dash would be taken for an option.
            found += [f"{setting.flag}={value}"] if value.startswith("-") else [setting.flag, value]
    return tuple(found)


_ON = ("true",)


def _list_words(kind: SettingKind, value: object) -> tuple[str, ...]:
    if kind is SettingKind.FLAG:
        return _ON if str(value).lower() in ("1", "true", "yes", "on") else ("false",)
    if kind is SettingKind.DEFINES and not isinstance(value, list | tuple):
        return tuple(str(value).split())
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def value_job_settings(settings: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, object]:
    """Return settings of a job as values that `Settings.override` takes."""
    many = (SettingKind.LIST, SettingKind.DEFINES)
    return {name: words if BY_NAME[name].kind in many else words[0] for name, words in settings}
