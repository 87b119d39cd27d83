"""Settings of what is measured, and how often."""

from harness.settings.setting import LISTEN, MEASURE, NIGHT, ORDINARY, REPEAT, Setting, SettingKind

SUITE: tuple[Setting, ...] = (
    Setting(
        name="model",
        kind=SettingKind.LIST,
        default=("base",),
        metavar="NAME",
        commands=MEASURE,
        help="models to benchmark, comma-separated or repeated (default base; nightly: fast); groups: fast (tiny, "
        "base, small), all",
    ),
    Setting(
        name="quant",
        kind=SettingKind.LIST,
        default=("f16",),
        metavar="TYPE",
        commands=MEASURE,
        help="quantisation of the weights: f16 (default), q8_0, q5_0, q5_1, q4_0, q4_1, or q2_k to q6_k; made from the "
        "F16 file",
    ),
    Setting(
        name="bench",
        kind=SettingKind.LIST,
        default=("memcpy", "mul_mat", "whisper", "transcribe"),
        metavar="NAME",
        commands=(*ORDINARY, "compare"),
        help="benchmarks: memcpy, mul_mat, whisper, transcribe (the default: these; transcribe needs --audio); quality "
        "(how good the text is) and server (whisper-server under load) need real weights",
    ),
    Setting(
        name="audio",
        kind=SettingKind.LIST,
        default=(),
        metavar="jfk|FILE",
        commands=LISTEN,
        path=True,
        help="transcribe this recording: jfk (whisper.cpp's own sample) or your own file (ffmpeg converts it); needs "
        "real weights. run reports the real-time factor; --bench quality and server, tune, sweep --quality and "
        "ab --quality use it, too (default there: jfk)",
    ),
    Setting(
        name="text",
        kind=SettingKind.LIST,
        default=(),
        metavar="FILE",
        commands=LISTEN,
        path=True,
        help="what is said in each --audio, in the same order: one UTF-8 text file for each, to count the words that "
        "are wrong; jfk needs none",
    ),
    Setting(
        name="clients",
        kind=SettingKind.LIST,
        default=(),
        metavar="N",
        commands=ORDINARY,
        help="how many clients send requests to whisper-server at once, for --bench server (default 1,4)",
    ),
    Setting(
        name="vad",
        kind=SettingKind.LIST,
        default=("0",),
        metavar="0|1",
        commands=ORDINARY,
        help="voice activity detection off (0), on (1) or both (0,1) for --audio: whisper.cpp's test model finds the "
        "speech, and only that is transcribed (default 0)",
    ),
    Setting(
        name="language",
        kind=SettingKind.TEXT,
        default="en",
        metavar="CODE",
        commands=LISTEN,
        help="language spoken in --audio, or auto (default en)",
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
        help="allow more threads than there are usable CPUs or than the cgroup quota covers; this ruins timings",
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
        help="processes per case, or rounds of a sweep (default 5)",
    ),
    Setting(
        name="precision",
        kind=SettingKind.PERCENT,
        default=0.0,
        metavar="PERCENT",
        commands=ORDINARY,
        help="repeat until every median is known to within this much (1%%) or --max-time is over (default: off)",
    ),
    Setting(
        name="seed",
        kind=SettingKind.INTEGER,
        default=0,  # none: the command line draws one
        metavar="N",
        commands=tuple(verb for verb in MEASURE if verb not in NIGHT),  # which draws one for each item of its work
        help="seed of the random order of measurements and of the code layouts of --relink (default: a new one each "
        "time; it is printed and recorded)",
    ),
    Setting(
        name="tests",
        kind=SettingKind.FLAG,
        default=True,
        commands=ORDINARY,
        help="do not build and run whisper.cpp's tests",
    ),
    Setting(
        name="check",
        kind=SettingKind.FLAG,
        default=True,
        commands=MEASURE,
        help="do not check, before the speed is measured, that the build computes what the weights say",
    ),
    Setting(
        name="weights",
        kind=SettingKind.TEXT,
        default="auto",
        metavar="auto|official|synthetic|PATH|sha256:SUM",
        commands=(*MEASURE, "models"),
        path=True,
        help="which weights to use (default auto: official if available, else synthetic); sha256:SUM is the file with "
        "that sum, in the cache or used before; sha256:SUM@PATH looks there first",
    ),
    Setting(
        name="weights_mirror",
        kind=SettingKind.TEXT,
        default="",
        metavar="URL",
        commands=(*MEASURE, "models"),
        help="base URL from which to download official weights, instead of the pinned one",
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
