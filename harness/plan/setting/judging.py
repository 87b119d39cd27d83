"""Settings of verdicts."""

from harness.plan.setting.setting import Kind, Setting
from harness.plan.setting.verb import JUDGE, RUN, TRIAL

JUDGING: tuple[Setting, ...] = (
    Setting(
        name="threshold",
        kind=Kind.PERCENT,
        default=0.02,
        metavar="PERCENT",
        commands=JUDGE,
        help="smallest change that matters (default 2%%); choose it before you look. A regression whose estimate "
        "reaches it is exit code 20; how often a true change somewhat below it does so is not bounded",
    ),
    Setting(
        name="strict",
        kind=Kind.FLAG,
        default=False,
        commands=(*JUDGE, "doctor"),
        help="exit with 21 when any case is UNRESOLVED (doctor: with 3 when anything is unfit)",
    ),
    Setting(
        name="max_time",
        kind=Kind.SECONDS,
        default=600.0,
        metavar="TIME",
        commands=(*RUN, *TRIAL),
        help="stop measuring after this long, answered or not: 90s, 10m, 1h (default 10m; run: with --precision only)",
    ),
)
