"""Settings of what is measured, and how often."""

from harness.settings.setting import MEASURE, REPEAT, RUN, Kind, Setting

SUITE: tuple[Setting, ...] = (
    Setting(
        name="model",
        kind=Kind.LIST,
        default=("base",),
        metavar="NAME",
        commands=MEASURE,
        help="models to benchmark; repeat or separate by commas; 'all' and 'fast' (tiny, base, small) are groups",
    ),
    Setting(
        name="quant",
        kind=Kind.LIST,
        default=("f16",),
        metavar="TYPE",
        commands=MEASURE,
        help="types of weights, made from the F16 file: f16, q8_0, q5_0, q5_1, q4_0, q4_1, q2_k to q6_k (default f16)",
    ),
    Setting(
        name="bench",
        kind=Kind.LIST,
        default=("memcpy", "mul_mat", "whisper", "transcribe"),
        metavar="NAME",
        commands=(*RUN, "compare"),
        help="benchmarks to run or compare: memcpy, mul_mat, whisper, transcribe (default: all; the last with --audio)",
    ),
    Setting(
        name="audio",
        kind=Kind.LIST,
        default=(),
        metavar="jfk|FILE",
        commands=RUN,
        path=True,
        help="transcribe this from end to end with whisper-cli, for the real-time factor: jfk, whisper.cpp's own "
        "sample, or a recording of yours (ffmpeg converts it); needs real weights",
    ),
    Setting(
        name="language",
        kind=Kind.TEXT,
        default="en",
        metavar="CODE",
        commands=RUN,
        help="language that is spoken in --audio, or auto (default en)",
    ),
    Setting(
        name="threads",
        kind=Kind.LIST,
        default=(),
        metavar="N",
        commands=(*MEASURE, "roof", "doctor"),
        help="thread counts (default: min(4, usable physical cores))",
    ),
    Setting(
        name="force_threads",
        kind=Kind.FLAG,
        default=False,
        commands=(*MEASURE, "roof"),
        help="allow more threads than usable CPUs or than the cgroup quota pays for; timings then collapse",
    ),
    Setting(
        name="flash_attn",
        alias="fa",
        kind=Kind.LIST,
        default=("0",),
        metavar="0|1",
        commands=MEASURE,
        help="flash attention off (0), on (1) or both (0,1); default 0, as in the ggml-ci reports",
    ),
    Setting(
        name="repetitions",
        kind=Kind.INTEGER,
        default=5,
        metavar="N",
        commands=REPEAT,
        help="processes per model and setting, rounds of a sweep (default 5)",
    ),
    Setting(
        name="precision",
        kind=Kind.PERCENT,
        default=0.0,
        metavar="PERCENT",
        commands=RUN,
        help="repeat until every median is known to within so much (1%%), or --max-time has passed; off by default",
    ),
    Setting(
        name="seed",
        kind=Kind.INTEGER,
        default=0,  # none: the command line draws one
        metavar="N",
        commands=MEASURE,
        help="draw all orders, and the code layouts of --relink, from this number (default: drawn from the system "
        "each time, printed and recorded)",
    ),
    Setting(
        name="no_tests", kind=Kind.FLAG, default=False, commands=RUN, help="do not build and run whisper.cpp's tests"
    ),
    Setting(
        name="weights",
        kind=Kind.TEXT,
        default="auto",
        metavar="auto|official|synthetic|PATH",
        commands=(*MEASURE, "models"),
        path=True,
        help="where weights come from (default auto: official if they are available, else synthetic)",
    ),
    Setting(
        name="weights_mirror",
        kind=Kind.TEXT,
        default="",
        metavar="URL",
        commands=(*MEASURE, "models"),
        help="base URL to download official weights from instead of the pinned one",
    ),
    Setting(
        name="timeout",
        kind=Kind.SECONDS,
        default=3600.0,
        metavar="SECONDS",
        commands=MEASURE,
        help="time limit of one benchmark process (default 3600)",
    ),
)
