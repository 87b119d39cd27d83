"""Settings of live comparisons, of verdicts, and of the search for the best settings."""

from harness.settings.setting import JUDGE, MEASURE, RUN, TRIAL, TUNE, Setting, SettingKind

LIVE: tuple[Setting, ...] = (
    Setting(
        name="engine",
        kind=SettingKind.TEXT,
        default="",
        metavar="NAME",
        commands=MEASURE,
        help="bench (whisper-bench in whole processes; default of run and sweep) or library (libwhisper call by call; "
        "default of ab, calibrate and tune)",
    ),
    Setting(
        name="metric",
        kind=SettingKind.LIST,
        default=("encode", "decode", "batchd", "prompt"),
        metavar="NAME",
        commands=JUDGE,
        help="metrics to judge: encode, decode, batchd, prompt (default: all; fewer answer sooner). Choose them before "
        "you look: trying one after the other makes a false verdict likelier",
    ),
    Setting(
        name="pairs",
        kind=SettingKind.INTEGER,
        default=2,
        metavar="N",
        commands=TRIAL,
        help="timed pairs per metric before both workers are restarted (default 2)",
    ),
    Setting(
        name="relink",
        kind=SettingKind.FLAG,
        default=False,
        commands=TRIAL,
        help="link each side anew for every block, its functions in another order, to tell a change of code from one "
        "of code layout (not on macOS)",
    ),
    Setting(
        name="trials",
        kind=SettingKind.INTEGER,
        default=1,
        metavar="N",
        commands=("calibrate",),
        help="repeat the trial N times, each for --max-time and with a seed of its own, and count how many find a "
        "difference where there is none (default 1)",
    ),
    Setting(
        name="baseline_config",
        kind=SettingKind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="what the baseline changes: isa=, compiler=, build_type=, backend=, blas=, llamafile=, openmp=, threads=, "
        "fa=, weights=, or CMake options",
    ),
    Setting(
        name="contender_config",
        kind=SettingKind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="what the contender changes",
    ),
)

JUDGING: tuple[Setting, ...] = (
    Setting(
        name="threshold",
        kind=SettingKind.PERCENT,
        default=0.02,
        metavar="PERCENT",
        commands=JUDGE,
        help="smallest change that matters (default 2%%); choose it before you look. A regression whose estimate "
        "reaches it is exit code 20; how often a true change somewhat below it does so is not bounded",
    ),
    Setting(
        name="strict",
        kind=SettingKind.FLAG,
        default=False,
        commands=(*JUDGE, "doctor"),
        help="exit with 21 when any case is UNRESOLVED (doctor: with 3 when anything is unfit)",
    ),
    Setting(
        name="max_time",
        kind=SettingKind.SECONDS,
        default=600.0,
        metavar="TIME",
        commands=(*RUN, *TRIAL),
        help="stop measuring after this long, answered or not: 90s, 10m, 1h (default 10m; run: with --precision only)",
    ),
)

TUNING: tuple[Setting, ...] = (
    Setting(
        name="budget",
        kind=SettingKind.SECONDS,
        default=900.0,
        metavar="TIME",
        commands=TUNE,
        help="how long the search may take, builds included: 15m (default), 1h",
    ),
    Setting(
        name="over",
        kind=SettingKind.LIST,
        default=("threads", "fa", "llamafile", "blas", "isa", "quant"),
        metavar="AXIS",
        commands=TUNE,
        help="what may be changed (default: threads, fa, llamafile, blas, isa, quant)",
    ),
)
