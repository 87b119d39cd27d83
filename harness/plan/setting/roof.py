"""Settings of the roof: what the node can do at best."""

from harness.plan.setting.setting import Kind, Setting
from harness.plan.setting.verb import RUN

ROOF: tuple[Setting, ...] = (
    Setting(
        name="no_roof",
        kind=Kind.FLAG,
        default=False,
        commands=RUN,
        help="do not measure, before and after, what the node can do at best",
    ),
)
