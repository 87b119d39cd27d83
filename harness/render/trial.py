"""The header of a live comparison: both sides, what they differ in, and how long it can take."""

from collections.abc import Iterator

from harness.plan.block import ROLES
from harness.plan.side import KEYS, ORIGINS, PATHS
from harness.records.record import Record
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.origin import describe_state, name_side_source
from harness.render.plain import cut, format_seconds
from harness.render.plan import HIDDEN, PlanEstimate, describe_node, describe_weights
from harness.render.progress import describe_time
from harness.settings.request import TrialDesign

# Longer values, such as paths, are cut.
_VALUE = 24


class TrialOutline(Record):
    """What is known of a trial before it begins: labels and runs of both sides, the threads of each, and the builds.

    `trials` of the same kind follow one another.
    """

    labels: tuple[str, ...]
    runs: tuple[Run, Run]
    threads: tuple[str, str]
    builds: PlanEstimate
    design: TrialDesign
    trials: int = 1


def render_trial_header(outline: TrialOutline, width: int = 0, *, with_plans: bool = False) -> str:
    """Return the header of a trial: at most eight lines of at most `width` columns (0: no limit); no trailing newline.

    `with_plans` means that the plans follow, and need not be mentioned.
    """
    runs = outline.runs
    baseline, contender = (_name_side(label, run) for label, run in zip(outline.labels, runs, strict=True))
    differences = ", ".join(_list_differences(*runs))
    weights = dict.fromkeys(words for run in runs for words in describe_weights(run))
    lines = [
        f"node       {describe_node(runs[0])}",
        f"baseline   {baseline}",
        f"contender  {contender}",
        f"differ in  {differences or 'nothing: this is an A/A trial'}",
        f"weights    {', '.join(weights) or 'none'}",
        f"threads    {_describe_threads(outline)}",
        f"time       {_describe_time(outline)}",
        *([] if with_plans else [f"plan       {HIDDEN}"]),
    ]
    return "\n".join(cut(line, width) if width else line for line in lines)


def _describe_time(outline: TrialOutline) -> str:
    design, builds = outline.design, outline.builds
    most = format_seconds(design.max_time_s)
    if design.blocks:
        measuring = f"{format_count(design.blocks, 'block')}, at most {most}"
    else:
        measuring = f"{'at most ' if design.early else ''}{most} of measuring"
    if outline.trials > 1:
        measuring = f"{format_count(outline.trials, 'trial')} of {most} each"
    if not builds.total:
        return f"{measuring}; everything is built"
    if builds.left.builds:
        return f"build time not known yet, then {measuring}"
    return f"{describe_time(builds.left)} to build, then {measuring}"


def _name_side(label: str, run: Run) -> str:
    """Return a side with its source; one without a name of its own goes by its release, a local tree by its path."""
    commit = run.source.commit
    if run.source.mutable and (label in ROLES or (label.startswith(PATHS) and "," not in label)):
        return f"{run.source.path} ({describe_state(commit)})"
    return name_side_source((commit.release or commit.short) if label in ROLES else label, run.source)


def _describe_threads(outline: TrialOutline) -> str:
    """Return the threads with their reason, or where the sides differ, only the numbers."""
    one, other = outline.threads
    numbers = (",".join(map(str, run.suite.threads)) for run in outline.runs)
    return one if one == other else " / ".join(numbers)


def _list_differences(baseline: Run, contender: Run) -> Iterator[str]:
    """Yield what differs between two sides, with both values: the source, settings by the key of a side, options."""
    if (baseline.source.path, baseline.source.id) != (contender.source.path, contender.source.id):
        yield "the source"
    here, there = ({one.name: one.value for one in run.settings} for run in (baseline, contender))
    for key, name in KEYS.items():
        if name not in ORIGINS and here.get(name, "") != there.get(name, ""):
            yield f"{key} ({_shorten(here.get(name, ''))} / {_shorten(there.get(name, ''))})"
    mine, other = (_list_options(values.get("define", "")) for values in (here, there))
    for name in dict.fromkeys((*mine, *other)):
        if mine.get(name) != other.get(name):
            yield f"{name} ({_shorten(mine.get(name, ''))} / {_shorten(other.get(name, ''))})"


def _list_options(defines: str) -> dict[str, str]:
    return {name: value for name, sign, value in (word.partition("=") for word in defines.split(",")) if sign}


def _shorten(value: str) -> str:
    return cut(value, _VALUE) or "default"
