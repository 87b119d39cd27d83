"""Settings of a night's watch over a branch."""

from harness.settings.setting import NIGHT, Setting, SettingKind

WATCH: tuple[Setting, ...] = (
    Setting(
        name="branch",
        kind=SettingKind.TEXT,
        default="",
        metavar="NAME",
        commands=NIGHT,
        help="branch to watch (default: the default branch of --repo)",
    ),
    Setting(
        name="anchor",
        kind=SettingKind.TEXT,
        default="",
        metavar="REF",
        commands=NIGHT,
        help="commit against which every new head is measured, so that small changes that add up are seen: a release, "
        "tag or sha (default: the newest release on the branch)",
    ),
    Setting(
        name="notify",
        kind=SettingKind.TEXT,
        default="",
        metavar="COMMAND",
        commands=NIGHT,
        hidden=True,
        help="start this command once for each new event, with the event as JSON on its standard input",
    ),
    Setting(
        name="cache_limit",
        kind=SettingKind.TEXT,
        default="",
        metavar="SIZE",
        commands=NIGHT,
        help="keep the cache below this size, such as 20GB: what was not used for the longest time is removed, never "
        "what is in use (default: no limit)",
    ),
    Setting(
        name="silent_after",
        kind=SettingKind.INTEGER,
        default=3,
        metavar="NIGHTS",
        commands=NIGHT,
        help="raise an alarm for a node that has reported nothing for so many nights (default 3)",
    ),
)
