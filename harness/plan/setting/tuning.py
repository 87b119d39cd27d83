"""Settings of the search for the best settings."""

from harness.plan.setting.setting import Kind, Setting
from harness.plan.setting.verb import TUNE

TUNING: tuple[Setting, ...] = (
    Setting(
        name="budget",
        kind=Kind.SECONDS,
        default=900.0,
        metavar="TIME",
        commands=TUNE,
        help="how long the search may take, builds included: 15m (default), 1h",
    ),
    Setting(
        name="over",
        kind=Kind.LIST,
        default=("threads", "fa", "llamafile", "blas", "isa", "quant"),
        metavar="AXIS",
        commands=TUNE,
        help="what may be changed (default: threads, fa, llamafile, blas, isa, quant)",
    ),
)
