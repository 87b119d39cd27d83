"""The table of all settings, in the order in which `--help` lists them."""

from harness.settings.build import BINARY
from harness.settings.node import QUIET, ROOF
from harness.settings.place import PLACE
from harness.settings.setting import Setting
from harness.settings.suite import SUITE
from harness.settings.trial import JUDGING, LIVE, TUNING

SETTINGS: tuple[Setting, ...] = (*SUITE, *ROOF, *QUIET, *LIVE, *TUNING, *JUDGING, *BINARY, *PLACE)
ALIASES: dict[str, str] = {setting.alias: setting.name for setting in SETTINGS if setting.alias}
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
# Settings of older harnesses, and what to write in their place.
RETIRED: dict[str, str] = {"builds": "--relink links each side anew for every block"}
