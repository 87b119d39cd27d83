"""Settings of the node: quietness, pinning and priority of benchmarks, and the roofline."""

from harness.settings.setting import MEASURE, ORDINARY, REPEAT, Setting, SettingKind

QUIET: tuple[Setting, ...] = (
    Setting(
        name="wait_quiet",
        kind=SettingKind.SECONDS,
        default=0.0,
        metavar="TIME",
        commands=MEASURE,
        help="before each measurement, wait until other processes leave the CPUs idle; TIME (5m) limits the total wait "
        "(default: do not wait)",
    ),
    Setting(
        name="refuse_noise",
        kind=SettingKind.FLAG,
        default=False,
        commands=REPEAT,
        help="where the node does not become quiet within --wait-quiet (by default it must be quiet at once), measure "
        "nothing and exit with code 75, so that a scheduler can try again later",
    ),
    Setting(
        name="retries",
        kind=SettingKind.INTEGER,
        default=2,
        metavar="N",
        commands=MEASURE,
        help="repeat a measurement up to N times (default 2) if it was stopped or if other processes disturbed it; "
        "disturbed ones are repeated only while that adds at most a quarter to the run time",
    ),
    Setting(
        name="pin",
        kind=SettingKind.TEXT,
        default="",
        metavar="auto|CPUS",
        commands=MEASURE,
        help="pin benchmarks to these CPUs (0,2 or 4-7); auto: one CPU per thread, each on its own physical core",
    ),
    Setting(
        name="nice",
        kind=SettingKind.TEXT,
        default="",
        metavar="N",
        commands=MEASURE,
        help="priority of benchmarks, from -20 (highest, needs root) to 19 (lowest); unchanged by default",
    ),
    Setting(
        name="huge_pages",
        kind=SettingKind.FLAG,
        default=False,
        commands=MEASURE,
        help="have benchmarks request transparent huge pages (needs glibc 2.35 or newer)",
    ),
)

ROOFLINE: tuple[Setting, ...] = (
    Setting(
        name="roofline",
        kind=SettingKind.FLAG,
        default=True,
        commands=ORDINARY,
        help="do not measure the roofline (the node's peak arithmetic and memory speed) before and after the run",
    ),
)
