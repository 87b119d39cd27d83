"""Facts that records of earlier versions have only in names and sentences, and later ones in fields."""

import re

from harness.records.outcome import Cause, StepResult
from harness.records.plan import StepQuestion
from harness.records.run import Run

_OF_A_BUILD = re.compile(r"(?:configure|targets|list|build|alone|ctest)_(debug|release|relwithdebinfo|minsizerel)")
_BUILD_TYPES = {"debug": "Debug", "release": "Release", "relwithdebinfo": "RelWithDebInfo", "minsizerel": "MinSizeRel"}
_ASKS = {
    "targets": StepQuestion.TARGETS,
    "list": StepQuestion.TESTS,
    "dialect": StepQuestion.DIALECT,
    "features": StepQuestion.FEATURES,
    "blas_library": StepQuestion.BLAS_LIBRARY,
    "gpu_driver": StepQuestion.GPU_DRIVER,
}
_CAUSES = {
    "killed by SIGILL": Cause.ILLEGAL_INSTRUCTION,
    "measured with another build": Cause.OTHER_BUILD,
    "it printed more than ": Cause.FLOODED,
}
_BLOCKED = re.compile(r"needs (\S+), which failed")


def complete_run(run: Run) -> Run:
    """Return a run as the present version would have recorded it, as far as its names and sentences allow."""
    results, discarded = tuple(map(_complete, run.results)), tuple(map(_complete, run.discarded))
    pairs = zip((*results, *discarded), (*run.results, *run.discarded), strict=True)
    same = all(one is other for one, other in pairs)
    return run if same else run.replace(results=results, discarded=discarded)


def _complete(result: StepResult) -> StepResult:
    changes: dict[str, object] = {}
    named, blocked = _OF_A_BUILD.fullmatch(result.step), _BLOCKED.fullmatch(result.reason)
    if named and not result.build_type:
        changes["build_type"] = _BUILD_TYPES[named[1]]
    asks = _ASKS.get(result.step.removesuffix(f"_{named[1]}") if named else result.step)
    if asks and not result.asks:
        changes["asks"] = asks
    if blocked and not result.blocked_by:
        changes["blocked_by"] = blocked[1]
    cause = next((cause for words, cause in _CAUSES.items() if words in result.reason), None)
    if cause and not result.cause:
        changes["cause"] = cause
    return result.replace(**changes) if changes else result
