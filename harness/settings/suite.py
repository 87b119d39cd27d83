"""Settings of what is measured, and how often."""

from harness.settings.setting import MEASURE, REPEAT, RUN, Setting, SettingKind

SUITE: tuple[Setting, ...] = (
    Setting(
        name="model",
        kind=SettingKind.LIST,
        default=("base",),
        metavar="NAME",
        commands=MEASURE,
        help="models to benchmark; repeat or separate by commas; 'all' and 'fast' (tiny, base, small) are groups",
    ),
    Setting(
        name="quant",
        kind=SettingKind.LIST,
        default=("f16",),
        metavar="TYPE",
        commands=MEASURE,
        help="types of weights, made from the F16 file: f16, q8_0, q5_0, q5_1, q4_0, q4_1, q2_k to q6_k (default f16)",
    ),
    Setting(
        name="bench",
        kind=SettingKind.LIST,
        default=("memcpy", "mul_mat", "whisper", "transcribe"),
        metavar="NAME",
        commands=(*RUN, "compare"),
        help="benchmarks to run or compare: memcpy, mul_mat, whisper, transcribe (default: all; the last with --audio)",
    ),
    Setting(
        name="audio",
        kind=SettingKind.LIST,
        default=(),
        metavar="jfk|FILE",
        commands=RUN,
        path=True,
        help="transcribe this from end to end with whisper-cli, for the real-time factor: jfk, whisper.cpp's own "
        "sample, or a recording of yours (ffmpeg converts it); needs real weights",
    ),
    Setting(
        name="language",
        kind=SettingKind.TEXT,
        default="en",
        metavar="CODE",
        commands=RUN,
        help="language that is spoken in --audio, or auto (default en)",
    ),
    Setting(
        name="threads",
        kind=SettingKind.LIST,
        default=(),
        metavar="N",
        commands=(*MEASURE, "roofline", "doctor"),
        help="thread counts (default: min(4, usable physical cores))",
    ),
    Setting(
        name="force_threads",
        kind=SettingKind.FLAG,
        default=False,
        commands=(*MEASURE, "roofline"),
        help="allow more threads than usable CPUs or than the cgroup quota pays for; timings then collapse",
    ),
    Setting(
        name="flash_attn",
        alias="fa",
        kind=SettingKind.LIST,
        default=("0",),
        metavar="0|1",
        commands=MEASURE,
        help="flash attention off (0), on (1) or both (0,1); default 0, as in the ggml-ci reports",
    ),
    Setting(
        name="repetitions",
        kind=SettingKind.INTEGER,
        default=5,
        metavar="N",
        commands=REPEAT,
        help="processes per model and setting, rounds of a sweep (default 5)",
    ),
    Setting(
        name="precision",
        kind=SettingKind.PERCENT,
        default=0.0,
        metavar="PERCENT",
        commands=RUN,
        help="repeat until every median is known to within so much (1%%), or --max-time has passed; off by default",
    ),
    Setting(
        name="seed",
        kind=SettingKind.INTEGER,
        default=0,  # none: the command line draws one
        metavar="N",
        commands=MEASURE,
        help="draw all orders, and the code layouts of --relink, from this number (default: drawn from the system "
        "each time, printed and recorded)",
    ),
    Setting(
        name="tests", kind=SettingKind.FLAG, default=True, commands=RUN, help="do not build and run whisper.cpp's tests"
    ),
    Setting(
        name="weights",
        kind=SettingKind.TEXT,
        default="auto",
        metavar="auto|official|synthetic|PATH",
        commands=(*MEASURE, "models"),
        path=True,
        help="where weights come from (default auto: official if they are available, else synthetic)",
    ),
    Setting(
        name="weights_mirror",
        kind=SettingKind.TEXT,
        default="",
        metavar="URL",
        commands=(*MEASURE, "models"),
        help="base URL to download official weights from instead of the pinned one",
    ),
    Setting(
        name="timeout",
        kind=SettingKind.SECONDS,
        default=3600.0,
        metavar="TIME",
        commands=MEASURE,
        help="time limit of one benchmark process: 90s, 10m, 1h (default 1h)",
    ),
)
