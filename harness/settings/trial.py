"""Settings of live comparisons, of verdicts, and of the search for the best settings."""

from harness.settings.setting import BISECT, JUDGE, MEASURE, NIGHT, ORDINARY, SWEEP, TRIAL, TUNE, Setting, SettingKind

LIVE: tuple[Setting, ...] = (
    Setting(
        name="engine",
        kind=SettingKind.TEXT,
        default="",
        metavar="NAME",
        commands=MEASURE,
        help="what measures: bench (whole whisper-bench processes; default of run and sweep) or library (single calls "
        "into libwhisper; default of ab, bisect, calibrate and tune; nightly: of what it measures in turns)",
    ),
    Setting(
        name="metric",
        kind=SettingKind.LIST,
        default=("encode", "decode", "batchd", "prompt"),
        metavar="NAME",
        commands=JUDGE,
        help="metrics to judge: encode, decode, batchd, prompt (default: all; with fewer, an answer comes sooner; "
        "bisect takes one, by default encode). Choose them before you see results: trying one after another makes a "
        "false verdict more likely",
    ),
    Setting(
        name="pairs",
        kind=SettingKind.INTEGER,
        default=2,
        metavar="N",
        commands=(*TRIAL, *BISECT, *NIGHT),
        help="timed pairs of calls per metric before both workers restart (default 2)",
    ),
    Setting(
        name="relink",
        kind=SettingKind.FLAG,
        default=False,
        commands=(*TRIAL, *BISECT, *NIGHT),
        help="relink each side with its functions in a new order for every block, to tell a change in the code from a "
        "change in its layout (not on macOS; nightly does so wherever it is possible)",
    ),
    Setting(
        name="trials",
        kind=SettingKind.INTEGER,
        default=1,
        metavar="N",
        commands=("calibrate",),
        help="repeat the trial N times, each for --max-time and with its own seed, and count how many report a "
        "difference although there is none (default 1)",
    ),
    Setting(
        name="baseline_config",
        kind=SettingKind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="settings for the baseline only: isa=, compiler=, build_type=, backend=, blas=, llamafile=, openmp=, "
        "threads=, fa=, quant=, weights=, or CMake options",
    ),
    Setting(
        name="contender_config",
        kind=SettingKind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="settings for the contender only",
    ),
    Setting(
        name="quality",
        kind=SettingKind.FLAG,
        default=False,
        commands=("ab", *SWEEP),
        help="look at the text as well: word errors, and divergence from F16 weights on the CPU without flash "
        "attention; needs real weights. ab judges it apart from the times; a text that got worse gives exit code 20",
    ),
)

JUDGING: tuple[Setting, ...] = (
    Setting(
        name="threshold",
        kind=SettingKind.PERCENT,
        default=0.02,
        metavar="PERCENT",
        commands=JUDGE,
        help="smallest change that matters (default 2%%); choose it before you see results. A regression estimated at "
        "this size or more gives exit code 20. True changes somewhat below it sometimes do, too; how often is not "
        "bounded",
    ),
    Setting(
        name="strict",
        kind=SettingKind.FLAG,
        default=False,
        commands=(*JUDGE, "doctor"),
        help="exit with code 21 if any case is UNRESOLVED (doctor: with code 3 if anything is unfit)",
    ),
    Setting(
        name="max_time",
        kind=SettingKind.SECONDS,
        default=600.0,
        metavar="TIME",
        commands=(*ORDINARY, *TRIAL),
        help="stop measuring after this long, with or without an answer: 90s, 10m, 1h (default 10m; run and "
        "nightly: only with --precision)",
    ),
)

TUNING: tuple[Setting, ...] = (
    Setting(
        name="budget",
        kind=SettingKind.SECONDS,
        default=900.0,
        metavar="TIME",
        commands=(*TUNE, *BISECT, *NIGHT),
        help="time limit of the whole search or night, builds included: 15m, 1h (default 15m; bisect and nightly 1h)",
    ),
    Setting(
        name="over",
        kind=SettingKind.LIST,
        default=("threads", "fa", "llamafile", "blas", "isa", "quant"),
        metavar="AXIS",
        commands=TUNE,
        help="settings to try (default: threads, fa, llamafile, blas, isa, quant)",
    ),
    Setting(
        name="max_wer",
        kind=SettingKind.PERCENT,
        default=0.0,
        metavar="PERCENT",
        commands=TUNE,
        help="leave out settings whose word error rate is higher by more than so many percentage points than that of "
        "F16 weights without flash attention; 0.5%% or +0.5%% allows 3.5%% instead of 3.0%% (default: no limit); needs "
        "real weights and recordings with a known text",
    ),
    Setting(
        name="max_divergence",
        kind=SettingKind.TEXT,
        default="",
        metavar="NATS",
        commands=TUNE,
        help="leave out settings whose output distributions lie further than this from those of F16 weights on the CPU "
        "without flash attention, as a mean over tokens in nats: 0.1 (default: no limit); needs real weights",
    ),
)
