"""Settings of live comparisons."""

from harness.plan.setting.setting import Kind, Setting
from harness.plan.setting.verb import JUDGE, MEASURE, TRIAL

LIVE: tuple[Setting, ...] = (
    Setting(
        name="engine",
        kind=Kind.TEXT,
        default="",
        metavar="NAME",
        commands=MEASURE,
        help="bench (whisper-bench in whole processes; default of run and sweep) or sampler (libwhisper call by call; "
        "default of ab, calibrate and tune)",
    ),
    Setting(
        name="metric",
        kind=Kind.LIST,
        default=("encode", "decode", "batchd", "prompt"),
        metavar="NAME",
        commands=JUDGE,
        help="metrics to judge: encode, decode, batchd, prompt (default: all; fewer answer sooner). Choose them before "
        "you look: trying one after the other makes a false verdict likelier",
    ),
    Setting(
        name="pairs",
        kind=Kind.INTEGER,
        default=2,
        metavar="N",
        commands=TRIAL,
        help="timed pairs per metric before both samplers are restarted (default 2)",
    ),
    Setting(
        name="relink",
        kind=Kind.FLAG,
        default=False,
        commands=TRIAL,
        help="link each side anew for every block, its functions in another order, to tell a change of code from one "
        "of layout (not on macOS)",
    ),
    Setting(
        name="trials",
        kind=Kind.INTEGER,
        default=1,
        metavar="N",
        commands=("calibrate",),
        help="repeat the trial N times, each for --max-time and with a seed of its own, and count how many find a "
        "difference where there is none (default 1)",
    ),
    Setting(
        name="baseline_config",
        kind=Kind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="what the baseline changes: isa=, compiler=, build_type=, backend=, blas=, llamafile=, openmp=, threads=, "
        "fa=, weights=, or CMake options",
    ),
    Setting(
        name="contender_config",
        kind=Kind.TEXT,
        default="",
        metavar="KEY=VALUE,...",
        commands=("ab",),
        help="what the contender changes",
    ),
)
