"""The commits of a bisection made ready to be measured: each is built when it is first wanted, and only once."""

import os
import time
from collections.abc import Callable

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.records.bisection import BuiltCommit, StoredBisection
from harness.records.commit_line import name_commit
from harness.records.outcome import OF_NODE, StepResult, is_check
from harness.records.record import short_hash
from harness.records.source import SourceRequest
from harness.records.trial import Role
from harness.run.builder import BuildResult
from harness.run.places import Workplace
from harness.settings.request import BisectRequest
from harness.system.lock import cache_lock_name
from harness.system.source.resolve import hide
from harness.trial.build import build_sides
from harness.trial.open_trial import Sides
from harness.trial.side import Side, prepare_side


class BrokenEndError(Exception):
    """GOOD or BAD cannot be built, or not be measured although it is `built`: there is nothing to search between."""

    def __init__(self, commit: str, reason: str, *, logs: str = "", built: bool = False) -> None:
        super().__init__(reason)
        self.commit, self.reason, self.logs, self.built = commit, reason, logs, built


class Workshop:
    """Builds commits; `keep` is called with what came of each."""

    def __init__(
        self, request: BisectRequest, stored: StoredBisection, work: Workplace, keep: Callable[[BuiltCommit], None]
    ) -> None:
        self._request, self._work, self._keep = request, work, keep
        self._line, self._tree = stored.line, stored.line.tree
        self._ends = stored.line.ends
        # No other machine that shares the cache builds under this path at the same time.
        self._alias = f"line-{short_hash(stored.line.repo, cache_lock_name())}"
        self.has_compiler_cache = False
        self._known = {one.commit: one for one in stored.built}
        self._ready: dict[str, tuple[Side, BuildResult]] = {}

    def is_end(self, key: str) -> bool:
        """Return whether this is GOOD or BAD, without which there is no search."""
        return key in self._ends

    def build(self, key: str) -> BuiltCommit:
        """Return what came of building a commit; it is built if that was not tried before.

        Raises BrokenEndError for an end that cannot be built, UnfitError if the node is at fault.
        """
        known = self._known.get(key)
        if known is None:
            began = time.monotonic()
            known = self._try(key)
            known = known.replace(seconds=round(time.monotonic() - began, 1))
            self._learn(known)
        return known

    def give_up(self, key: str, reason: str) -> None:
        """Note that a commit was built but cannot be measured; raises BrokenEndError for an end."""
        if self.is_end(key):
            raise BrokenEndError(key, reason, built=True)
        self._learn(self._known[key].replace(reason=reason))

    def make_sides(self, keys: tuple[str, str]) -> tuple[Sides, tuple[BuildResult, BuildResult]]:
        """Return the sides of a trial of two commits that are built, with the builds, which may be made again."""
        (one, here), (other, there) = map(self._build, keys)
        return (one.replace(role=Role.BASELINE), other), (here, there)

    def ask(self) -> str:
        """Return a hash of everything that must be the same for blocks of different sittings to be of use."""
        side = self._prepare(self._ends[0])
        request, node = self._request, side.state.node
        weights = [(one.model, one.sha256 or one.size_bytes) for one in side.state.weights]
        threshold = round(request.design.threshold, 9)  # written and read again in per cent
        measured = (str(request.case), request.metric, threshold, request.design.pairs)
        built = (side.state.config.id, side.state.toolchain.id, request.design.relink, side.suite.engine)
        return short_hash(self._ends, measured, built, weights, (node.cpu.brand, node.cpu.features), self._place())

    def close(self) -> None:
        """Remove what was only needed for builds."""
        hide(self._work.places.cache, self._alias)

    def _build(self, key: str) -> tuple[Side, BuildResult]:
        """Return a commit as a side and its build, both with the source in its own place, and not where it was built.

        Each is prepared and built once in a sitting.
        """
        if key not in self._ready:
            side = self._prepare(key)
            (result,) = build_sides([side], self._work)
            own = os.path.realpath(side.state.source.path)
            side = side.replace(state=side.state.replace(source=side.state.source.replace(path=own)))
            result = result.replace(run=result.run.replace(source=result.run.source.replace(path=own)))
            self._ready[key] = side, result
        return self._ready[key]

    def _place(self) -> tuple[str, ...]:
        placement = self._request.run.measure.placement_request
        return placement.pin, str(placement.nice), str(placement.huge_pages)

    def _learn(self, built: BuiltCommit) -> None:
        self._known[built.commit] = built
        self._keep(built)

    def _prepare(self, key: str) -> Side:
        """Return a commit as the contender of a trial, which it is unless a trial takes it as its baseline."""
        run = self._request.run
        commit = self._line.find(key).commit
        if commit.dirty:
            source = SourceRequest(tree=self._tree, ours=run.source.ours)
        else:
            source = SourceRequest(ref=commit.sha, repo=run.source.repo or self._line.repo, alias=self._alias)
        side = prepare_side(Role.CONTENDER, run.replace(source=source), self._work, drawn=self._request.design.relink)
        self.has_compiler_cache = side.state.toolchain.compiler_cache is not None
        if name_commit(side.state.source.commit) != key:
            raise UsageError(
                f"{self._tree} has changed since the search began",
                cause=f"it was {key}, and is {name_commit(side.state.source.commit)}",
                hint="harness bisect GOOD  # begins again",
            )
        return side

    def _try(self, key: str) -> BuiltCommit:
        try:
            _, result = self._build(key)
        except UsageError as error:  # the tree is another project, or does not know an option
            if self.is_end(key):
                raise
            return BuiltCommit(commit=key, reason=error.line)
        if result.ok:
            code = result.run.code
            return BuiltCommit(commit=key, code=code.id if code else "")
        bad = next((one for one in result.run.results if one.status.bad), None)
        if bad and bad.cause in OF_NODE:
            raise _refuse(bad, result)
        reason = f"{bad.step}: {bad.reason}" if bad else "nothing was built"
        if self.is_end(key):
            raise BrokenEndError(key, reason, logs=result.logs, built=bad is not None and is_check(bad))
        return BuiltCommit(commit=key, reason=reason)


def _refuse(bad: StepResult, result: BuildResult) -> UnfitError:
    meaning = bad.cause.meaning if bad.cause else ""
    return UnfitError(f"the build of {result.run.source.commit.short} failed: {bad.reason}", cause=meaning)


def refuse_weights(sides: Sides, built: tuple[BuildResult, BuildResult]) -> None:
    """Raise UnavailableError if two commits make different weights: their speeds would not compare the code alone."""
    one, other = ({made.model: made.sha256 for made in result.run.weights if made.parent} for result in built)
    unlike = next((model for model in one if other.get(model) != one[model]), "")
    if unlike:
        shas = " and ".join(side.state.source.commit.short for side in sides)
        raise UnavailableError(
            f"{shas} make different weights of {unlike}",
            cause="each commit quantises with its own program, and the file would be compared, not the code",
            hint="--weights FILE  # all commits read it",
        )
