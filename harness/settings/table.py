"""The table of all settings, in the order in which `--help` lists them."""

from harness.settings.build import BINARY
from harness.settings.night import WATCH
from harness.settings.node import QUIET, ROOFLINE
from harness.settings.place import PLACE, SHOWN
from harness.settings.setting import Setting
from harness.settings.suite import SUITE
from harness.settings.trial import JUDGING, LIVE, TUNING

SETTINGS: tuple[Setting, ...] = (
    *WATCH,
    *SUITE,
    *ROOFLINE,
    *QUIET,
    *LIVE,
    *TUNING,
    *JUDGING,
    *BINARY,
    *PLACE,
    *SHOWN,
)
ALIASES: dict[str, str] = {setting.alias: setting.name for setting in SETTINGS if setting.alias}
BY_NAME: dict[str, Setting] = {setting.name: setting for setting in SETTINGS}
# Settings of older harnesses, and what to write in their place.
RETIRED: dict[str, str] = {
    "builds": "--relink, which relinks each side for every block",
    "json": '--json (short for --format json); format = "json" in harness.toml, HARNESS_FORMAT=json',
    "no_roof": "--no-roofline; roofline = false in harness.toml, HARNESS_ROOFLINE=0",
    "no_tests": "--no-tests; tests = false in harness.toml, HARNESS_TESTS=0",
    "no_wait": "--no-wait; wait = false in harness.toml, HARNESS_WAIT=0",
    "node": '--as-node NAME; as_node = "NAME" in harness.toml, HARNESS_AS_NODE=NAME',
}
