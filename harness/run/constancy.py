"""Checks that the build, the files it reads and the node stay the same during a run, and caveats if they did not."""

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
    """Checks after each step that builds, the files they read, and the node are as they were at first.

    That is, when the build was made or before the first measurement. Without a `watch`, the node is not checked.
    """

    def __init__(self, watch: CounterReader | None) -> None:
        self._watch = watch
        self._built: dict[str, BuiltFiles] = {}
        self._measuring: set[str] = set()
        self._looks: dict[str, FileState] = {}
        self._read: dict[str, FileStates] = {}

    def keep(self, run: Run, step: Step, result: StepResult, timed: str) -> Run:
        """Remember what a step has built, and return the run, which records the build if it is the `timed` one."""
        if step.phase is not Phase.BUILD or result.status is not Status.PASSED:
            return run
        files = self._built[step.cwd] = BuiltFiles(Path(step.cwd))
        return run.replace(built=files.sums) if step.cwd == timed else run

    def begin(self, folder: str, run: Run, argv: Iterable[str] | None = None, *, linked: bool = False) -> None:
        """Check the node from now on, and remember the build in a folder and the weights and recordings of `run`.

        Files that are already remembered are left as they are. With `argv`, only the files in it are remembered,
        because others may not exist yet. If the build is `linked` again for each block, its objects are remembered.
        """
        self._measuring.add(folder)
        if folder not in self._built:
            self._built[folder] = BuiltFiles(Path(folder), linked=linked)
        named = None if argv is None else frozenset(argv)
        for path in (*(one.path for one in run.weights), *(one.path for one in run.audio)):
            if path not in self._read and (named is None or path in named):
                self._read[path] = look_through(path)

    def begin_build(self, run: Run) -> None:
        """Remember the state of the source files before they are built."""
        self._looks = look_at_tree(run.source, environ=dict(run.environment))

    def check_source(self, run: Run, note: Note) -> Run:
        """Return the run with a caveat if the source tree has changed since the run began.

        The same if a file was written during the build, even if its content is the same again now.
        """
        source = run.source
        if any(caveat.code == CaveatCode.SOURCE_CHANGED for caveat in run.caveats):
            return run
        now = probe_tree(Path(source.path), environ=dict(run.environment), note=note, ours=source.ours)
        written = find_written(Path(source.path), self._looks)
        if now.id != source.id:
            message = (
                f"the source changed while it was built ({source.id} became {now.id}): these numbers belong to neither"
            )
        elif written:
            message = f"{written} was written during the build: the build may contain its content at that time"
        else:
            return run
        return run.add_caveat(Caveat(code=CaveatCode.SOURCE_CHANGED, message=message))

    def check(self, run: Run, folder: str) -> Run:
        """Return the run with a caveat for everything that has changed, once each; unchanged before there is a build.

        A build that somebody wrote to will be made again before it is used again.
        """
        if folder not in self._built:
            return run
        other = self._built[folder].find_other()
        if other:
            distrust(Path(folder))
            message = f"{other} changed after it was built: something wrote to the build in {folder}"
            run = run.add_caveat(Caveat(code=CaveatCode.BUILD_CHANGED, message=message))
        weights, audio = [one.path for one in run.weights], [one.path for one in run.audio]
        for code, paths in ((CaveatCode.WEIGHTS_CHANGED, weights), (CaveatCode.AUDIO_CHANGED, audio)):
            for path in paths:
                if path in self._read and any(map(is_touched, self._read[path], look_through(path))):
                    change = "was written, replaced or moved during the run"
                    message = f"{path} {change}: some numbers may belong to another file"
                    run = run.add_caveat(Caveat(code=code, message=message))
        if self._watch is None or folder not in self._measuring:
            return run
        found = caveat_condition(self._watch.probe_condition(), run.node.cpu.cores, run.suite.threads)
        return mark_changes(run, count_usable(), tuple(found))
