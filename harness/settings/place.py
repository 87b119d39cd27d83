"""Settings of where things are, and of how a command goes about it and what it shows."""

from harness.settings.setting import ALL, COMPILE, EXCHANGE, INDEX, KEEP, MEASURE, READ, WORK, Setting, SettingKind

PLACE: tuple[Setting, ...] = (
    Setting(
        name="as_node",
        kind=SettingKind.TEXT,
        default="",
        metavar="NAME",
        commands=(*MEASURE, "roofline", "doctor"),
        help="name of this node in reports and folders (default: the host name, which changes on cloud runners)",
    ),
    Setting(
        name="results",
        kind=SettingKind.TEXT,
        default="results",
        metavar="DIR",
        commands=(*MEASURE, *EXCHANGE, *READ, *KEEP),
        path=True,
        help="where bundles are written (default: ./results)",
    ),
    Setting(
        name="cache",
        kind=SettingKind.TEXT,
        default="",
        metavar="DIR",
        commands=(*WORK, "doctor", *KEEP, *INDEX),
        path=True,
        help="where sources, builds, weights and the index of the runs are kept (default: the user's cache folder)",
    ),
)

SHOWN: tuple[Setting, ...] = (
    Setting(
        name="wait",
        kind=SettingKind.FLAG,
        default=True,
        commands=(*COMPILE, *KEEP),
        help="exit with 3 instead of waiting when another run is busy on this node",
    ),
    Setting(
        name="dry_run",
        kind=SettingKind.FLAG,
        default=False,
        commands=WORK,
        help="print the plan and stop; the source is fetched for this, but no weights",
    ),
    Setting(
        name="format",
        kind=SettingKind.TEXT,
        default="text",
        metavar="FORM",
        commands=(*(verb for verb in ALL if verb != "report"), "explain"),
        help="print the answer in this form",
    ),
    Setting(
        name="quiet", kind=SettingKind.FLAG, default=False, short="-q", commands=ALL, help="only errors and the result"
    ),
    Setting(
        name="verbose",
        kind=SettingKind.FLAG,
        default=False,
        short="-v",
        commands=ALL,
        help="print the whole plan, then the output of every child as it comes",
    ),
)
