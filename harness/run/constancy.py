"""What must stay as it is while a run measures, the build and the node, and what is said where it did not."""

from collections.abc import Iterable
from pathlib import Path

from harness.judge.node_fact import caveat_condition
from harness.judge.resume import mark_changes
from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Step
from harness.records.run import Run
from harness.system.built import BuiltFiles, FileState, FileStates, distrust, is_touched, look_through
from harness.system.cache.entry import Note
from harness.system.quiet import CounterReader, count_usable
from harness.system.source.tree import find_written, look_at_tree, probe_tree


class ConstancyCheck:
    """Looks at builds once they are made, at files that are read and at the node before the first measurement.

    Then at all of them after each step. Without a `watch` the node is left out.
    """

    def __init__(self, watch: CounterReader | None) -> None:
        self._watch = watch
        self._built: dict[str, BuiltFiles] = {}
        self._measuring: set[str] = set()
        self._looks: dict[str, FileState] = {}
        self._read: dict[str, FileStates] = {}

    def keep(self, run: Run, step: Step, result: StepResult, timed: str) -> Run:
        """Remember what a step has built, and return the run, which records it of the build that is `timed`."""
        if step.phase is not Phase.BUILD or result.status is not Status.PASSED:
            return run
        files = self._built[step.cwd] = BuiltFiles(Path(step.cwd))
        return run.replace(built=files.sums) if step.cwd == timed else run

    def begin(self, folder: str, run: Run, argv: Iterable[str] | None = None, *, linked: bool = False) -> None:
        """Look at the node from now on, and remember the build in a folder, the weights and the recordings of `run`.

        What is remembered already stays so. With `argv` only those files are remembered that it names: others may be
        yet to be made. Of a build that is `linked` anew for each block the objects are remembered.
        """
        self._measuring.add(folder)
        if folder not in self._built:
            self._built[folder] = BuiltFiles(Path(folder), linked=linked)
        named = None if argv is None else frozenset(argv)
        for path in (*(one.path for one in run.weights), *(one.path for one in run.audio)):
            if path not in self._read and (named is None or path in named):
                self._read[path] = look_through(path)

    def begin_build(self, run: Run) -> None:
        """Remember what the files of the tree look like before it is built."""
        self._looks = look_at_tree(run.source, environ=dict(run.environment))

    def check_source(self, run: Run, note: Note) -> Run:
        """Return the run with a caveat where the tree is no longer what it was called when the run began.

        Likewise where somebody wrote to it during the build, and put back what was there before.
        """
        source = run.source
        if any(caveat.code == CaveatCode.SOURCE_CHANGED for caveat in run.caveats):
            return run
        now = probe_tree(Path(source.path), environ=dict(run.environment), note=note, ours=source.ours)
        written = find_written(Path(source.path), self._looks)
        if now.id != source.id:
            message = f"the tree changed while it was built ({source.id} became {now.id}): these numbers are of neither"
        elif written:
            message = f"{written} was written to while the tree was built: the build may hold what it was then"
        else:
            return run
        return run.add_caveat(Caveat(code=CaveatCode.SOURCE_CHANGED, message=message))

    def check(self, run: Run, folder: str) -> Run:
        """Return the run with what is no longer as it was, said once; unchanged before there was a build.

        A build that somebody wrote to is made anew before it is used again.
        """
        if folder not in self._built:
            return run
        other = self._built[folder].find_other()
        if other:
            distrust(Path(folder))
            message = f"{other} became another file after it was built: somebody wrote to the build in {folder}"
            run = run.add_caveat(Caveat(code=CaveatCode.BUILD_CHANGED, message=message))
        weights, audio = [one.path for one in run.weights], [one.path for one in run.audio]
        for code, paths in ((CaveatCode.WEIGHTS_CHANGED, weights), (CaveatCode.AUDIO_CHANGED, audio)):
            for path in paths:
                if path in self._read and any(map(is_touched, self._read[path], look_through(path))):
                    said = "was written to, replaced or moved while the run went on"
                    message = f"{path} {said}: some numbers may be of another file"
                    run = run.add_caveat(Caveat(code=code, message=message))
        if self._watch is None or folder not in self._measuring:
            return run
        found = caveat_condition(self._watch.probe_condition(), run.node.cpu.cores, run.suite.threads)
        return mark_changes(run, count_usable(), tuple(found))
