"""The table of all settings, in the order in which `--help` lists them."""

from harness.plan.setting.binary import BINARY
from harness.plan.setting.judging import JUDGING
from harness.plan.setting.place import PLACE
from harness.plan.setting.quiet import QUIET
from harness.plan.setting.roof import ROOF
from harness.plan.setting.setting import Setting
from harness.plan.setting.suite import SUITE
from harness.plan.setting.trial import LIVE
from harness.plan.setting.tuning import TUNING

SETTINGS: tuple[Setting, ...] = (*SUITE, *ROOF, *QUIET, *LIVE, *TUNING, *JUDGING, *BINARY, *PLACE)
ALIASES: dict[str, str] = {setting.alias: setting.name for setting in SETTINGS if setting.alias}
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
# Settings of older harnesses, and what to write in their place.
RETIRED: dict[str, str] = {"builds": "--relink links each side anew for every block"}
