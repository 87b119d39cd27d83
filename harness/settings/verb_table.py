"""The table that a verb may have in a file of settings, for settings that are meant for it alone."""

from collections.abc import Mapping

from harness.errors import UsageError
from harness.settings.layer import name_setting, name_settings
from harness.settings.setting import NIGHT
from harness.settings.table import BY_NAME

# Verbs that have a table of their own.
TABLES = NIGHT


def choose_table(file: Mapping[str, object], verb: str, file_name: str) -> dict[str, object]:
    """Return the keys of a file of settings that apply to a verb: those of its own table win over those at the top.

    Raises UsageError if a table is not one, for a setting that a table has under two names, and for one that its verb
    does not take.
    """
    top = {key: value for key, value in file.items() if key not in TABLES}
    own = file.get(verb, {}) if verb in TABLES else {}
    if not isinstance(own, Mapping):
        raise UsageError(
            f"{file_name}: {verb} is not a table", hint=f"[{verb}] on a line of its own, then its settings"
        )
    if not own:
        return top
    where = f"{file_name}: [{verb}]"
    named = name_settings(own, where, f"harness {verb} --help  # each option is a setting")
    for name in named:
        if verb not in BY_NAME[name].commands:
            hint = f"remove it, or write it above the line [{verb}] if other commands should have it"
            raise UsageError(f"{where}: harness {verb} takes no setting {name}", hint=hint)
    return {key: value for key, value in top.items() if name_setting(key) not in named} | named
