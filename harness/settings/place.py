"""Settings of folders and names, and of what a command prints."""

from harness.settings.setting import (
    ALL,
    COMPILE,
    EXCHANGE,
    INDEX,
    KEEP,
    MEASURE,
    PAST,
    READ,
    REPEAT,
    WORK,
    Setting,
    SettingKind,
)

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
        name="job",
        kind=SettingKind.TEXT,
        default="",
        metavar="KEY",
        commands=REPEAT,
        help="key of the job of a fleet that this is, FLEET/ROUND/CLASS/NODE/JOB; it is recorded, and what the results "
        "hold of that job is not measured again: a finished one is only named, an unfinished one is resumed",
    ),
    Setting(
        name="results",
        kind=SettingKind.TEXT,
        default="results",
        metavar="DIR",
        commands=(*MEASURE, "doctor", *EXCHANGE, *READ, *PAST, *KEEP),
        path=True,
        help="folder that holds the results (default: ./results)",
    ),
    Setting(
        name="cache",
        kind=SettingKind.TEXT,
        default="",
        metavar="DIR",
        commands=(*WORK, "doctor", *KEEP, *INDEX),
        path=True,
        help="folder for sources, builds, weights and the index of runs (default: your user cache folder)",
    ),
    Setting(
        name="database",
        kind=SettingKind.TEXT,
        default="",
        metavar="URL",
        commands=INDEX,
        help="keep the index of the runs in PostgreSQL, for many nodes and users: postgresql+psycopg://USER@HOST/NAME "
        "(default: a file in the cache)",
    ),
)

SHOWN: tuple[Setting, ...] = (
    Setting(
        name="wait",
        kind=SettingKind.FLAG,
        default=True,
        commands=(*COMPILE, *KEEP),
        help="if another run is using this node, exit with code 3 instead of waiting",
    ),
    Setting(
        name="dry_run",
        kind=SettingKind.FLAG,
        default=False,
        commands=WORK,
        help="print the plan and stop; this fetches the source, but no weights",
    ),
    Setting(
        name="format",
        kind=SettingKind.TEXT,
        default="text",
        metavar="FORM",
        commands=(*(verb for verb in ALL if verb != "report"), "explain", "comment"),
        help="output format",
    ),
    Setting(
        name="quiet",
        kind=SettingKind.FLAG,
        default=False,
        short="-q",
        commands=ALL,
        help="print only errors and the result",
    ),
    Setting(
        name="verbose",
        kind=SettingKind.FLAG,
        default=False,
        short="-v",
        commands=ALL,
        help="print the whole plan, then the output of every step as it runs",
    ),
)
