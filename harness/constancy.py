"""What must stay as it is while a run measures, the build and the node, and what is said where it did not."""

from pathlib import Path

from harness.plan.circumstance import caveat_condition
from harness.plan.renewal import mark_changes
from harness.records.caveat import Caveat
from harness.records.run import Run
from harness.system.built import BuiltFiles
from harness.system.quiet import Watch, count_usable

_CHANGED = "build-changed"


class Constancy:
    """Looks at builds and node before the first measurement, and after each; without a `watch` at builds alone."""

    def __init__(self, watch: Watch | None) -> None:
        self._watch = watch
        self._built: dict[str, BuiltFiles] = {}

    def begin(self, folder: str) -> None:
        """Remember what is in the folder of a build, unless that is known."""
        if folder not in self._built:
            self._built[folder] = BuiltFiles(Path(folder))

    def check(self, run: Run, folder: str) -> Run:
        """Return the run with what is no longer as it was, said once; unchanged before anything was measured there."""
        if folder not in self._built:
            return run
        other = self._built[folder].find_other()
        if other and all(caveat.code != _CHANGED for caveat in run.caveats):
            message = f"{other} became another file after the first benchmark: somebody wrote to the build in {folder}"
            run = run.replace(caveats=(*run.caveats, Caveat(code=_CHANGED, message=message)))
        if self._watch is None:
            return run
        found = caveat_condition(self._watch.probe_condition(), run.node.cpu.cores, run.suite.threads)
        return mark_changes(run, count_usable(), tuple(found))
