"""The check of what CMake made of the requested options, before anything is built."""

from pathlib import Path

from harness.build.option import ConfiguredTree, find_flaws, refuse
from harness.parse.tool.cmake import parse_cache, parse_effective, parse_renamed, parse_unread
from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Step
from harness.records.run import Run
from harness.system.cmake import find_names, keep_said, read_cache, read_package, read_said
from harness.system.foreign import is_regular

_ALLOW = "allow_unknown_options"


def keep_configured(step: Step, log: Path) -> None:
    """Keep CMake's output beside the build, before the build is marked as configured: nothing writes it later."""
    if step.phase is Phase.CONFIGURE and is_regular(log):
        keep_said(log, Path(step.wipe))


def check_options(step: Step, result: StepResult, run: Run) -> Run:
    """Return the run after a configure step, with a caveat for each option that changes nothing.

    Raises UsageError for such an option, unless it is only part of a requested setting or the settings allow it.
    """
    if step.phase is not Phase.CONFIGURE or result.status is Status.SKIPPED:
        return run
    folder = Path(step.wipe)
    warnings = read_said(folder)
    passed = result.status is Status.PASSED
    tree = ConfiguredTree(
        cache=parse_cache(read_cache(folder)),
        effective=parse_effective(read_package(folder)),
        unread=None if warnings is None else parse_unread(warnings),
        renamed=parse_renamed(warnings or ""),
        is_named=find_names(Path(run.source.path), run.source.ours),
    )
    options = run.config.options if passed else tuple(one for one in run.config.options if one.name in tree.renamed)
    flaws = list(find_flaws(options, tree))
    if not flaws:
        return run
    allowed = any(used.name == _ALLOW and used.value == str(True) for used in run.settings)
    wrong = [flaw for flaw in flaws if not flaw.option.part]
    if wrong and not allowed:
        commit = run.source.commit
        raise refuse(wrong, run.source.path if run.source.mutable else commit.release or commit.short)
    caveats = (
        Caveat(code=CaveatCode.OPTION_IGNORED, message=f"{flaw.option.asked}: {flaw.what}; {flaw.cause}")
        for flaw in flaws
    )
    return run.replace(caveats=tuple(dict.fromkeys((*run.caveats, *caveats))))
