"""Settings of the node: quietness, where and how benchmarks run, and what it can do at best."""

from harness.settings.setting import MEASURE, RUN, Setting, SettingKind

QUIET: tuple[Setting, ...] = (
    Setting(
        name="wait_quiet",
        kind=SettingKind.SECONDS,
        default=0.0,
        metavar="TIME",
        commands=MEASURE,
        help="wait, this long in all (5m), until nothing else uses the CPUs before each measurement; off by default",
    ),
    Setting(
        name="retries",
        kind=SettingKind.INTEGER,
        default=2,
        metavar="N",
        commands=MEASURE,
        help="measure again, up to N times each (default 2), what was stopped, and, in at most a quarter of the time, "
        "what others disturbed",
    ),
    Setting(
        name="pin",
        kind=SettingKind.TEXT,
        default="",
        metavar="auto|CPUS",
        commands=MEASURE,
        help="pin benchmarks to these CPUs (0,2 or 4-7); auto: one on each physical core for the threads",
    ),
    Setting(
        name="nice",
        kind=SettingKind.TEXT,
        default="",
        metavar="N",
        commands=MEASURE,
        help="priority of benchmarks, from -20 (first, needs rights) to 19 (last); unchanged by default",
    ),
    Setting(
        name="huge_pages",
        kind=SettingKind.FLAG,
        default=False,
        commands=MEASURE,
        help="let benchmarks ask for transparent huge pages (glibc 2.35 or newer)",
    ),
)

ROOFLINE: tuple[Setting, ...] = (
    Setting(
        name="roofline",
        kind=SettingKind.FLAG,
        default=True,
        commands=RUN,
        help="do not measure, before and after, what the node can do at best",
    ),
)
