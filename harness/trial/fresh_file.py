"""Fresh files for each block, so that the effects of where libraries and programs lie vary between blocks.

The pages of a file stay in memory as long as any process uses it, so a library that is measured for a whole trial has
the same physical pages throughout, and a build has one order of functions. Neither depends on the code, and random
orders do not average out what belongs to one side. A copy for each block has other pages; relinking it for each block
gives it another order of functions, too.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.outcome import describe_exit, find_exit_cause
from harness.parse.tool.breakage import find_breakage
from harness.plan.block import ROLES, BlockPlan
from harness.plan.code_layout import LayoutLink, choose_link_argv
from harness.plan.run import LIBRARY_TARGET
from harness.records.record import Record
from harness.records.trial import Role
from harness.run.build_file import write_code_layout
from harness.system.built import copy_built
from harness.system.foreign import read_text
from harness.system.process.child import CannotStartError, execute
from harness.system.process.orphan import mark_child
from harness.trial.side_case import LostBlock, SideCase

SideCases = Mapping[Role, SideCase]


class Relinking(Record):
    """How to relink the build of a side: the CMake program, the CMake script, and the time limit in seconds."""

    cmake: str
    script: str
    timeout_s: float


class FreshFiles:
    """Provides the files of each block in `folder`, and removes those of the previous block.

    A side with a `Relinking` is linked in the code layout that the block draws for it; others are copied.
    """

    def __init__(
        self, folder: Path, logs: Mapping[Role, Path], relinkings: Mapping[Role, Relinking] | None = None
    ) -> None:
        self._folder = folder
        self._logs = logs
        self._relinkings = relinkings or {}
        self._known: list[Path] = []

    def provide(self, block: BlockPlan, side_cases: SideCases) -> SideCases | LostBlock:
        """Return the side cases with files that no other block has; raises OSError if they cannot be written.

        If a side cannot be linked or read, the block is lost. The block's order decides whose files are made first, and
        their paths have the same length for both sides.
        """
        for folder in self._known:
            shutil.rmtree(folder, ignore_errors=True)
        self._known = [self._folder / str(block.number)]
        fresh: dict[Role, SideCase] = {}
        for role in block.order:
            side_case, side = side_cases[role], ROLES.index(role)
            into = self._known[0] / str(side)
            relinking = self._relinkings.get(role)
            if relinking:
                lost = self._link(block, side_case, relinking, into)
                if lost:
                    return lost
                side_case = side_case.replace(code_layout=block.code_layouts[side])
            else:
                try:
                    copy_built(
                        Path(side_case.build), into, side_case.bench_step.argv[0] if side_case.bench_step else ""
                    )
                except UnreadableError as error:
                    return LostBlock(reason=error.line, role=role, hopeless=True)
            fresh[role] = self._move(side_case, into)
        return {role: fresh[role] for role in ROLES}

    def _link(self, block: BlockPlan, side_case: SideCase, relinking: Relinking, into: Path) -> LostBlock | None:
        layout = write_code_layout(
            into.with_name(f"{into.name}.layout"), block.code_layouts[ROLES.index(side_case.role)]
        )
        targets: Sequence[str] = (
            (Path(side_case.bench_step.argv[0]).name,) if side_case.bench_step else (LIBRARY_TARGET,)
        )
        argv = choose_link_argv(
            relinking.cmake, relinking.script, LayoutLink(side_case.build, layout, str(into), targets)
        )
        log = self._logs[side_case.role] / f"block-{block.number}.link.log"
        try:
            done = execute(
                argv,
                cwd=Path(side_case.build),
                env=dict(side_case.environment) | mark_child(log.parent.parent),
                log=log,
                timeout_s=relinking.timeout_s,
            )
        except CannotStartError as error:
            return LostBlock(reason=error.line, role=side_case.role, hopeless=True)
        if done.exit_code or done.timed_out:
            how = "the time limit was exceeded" if done.timed_out else _explain(done.exit_code, log)
            cause = None if done.timed_out else find_exit_cause(done.exit_code)
            reason = f"the {side_case.role} could not be linked in another code layout: {how}"
            return LostBlock(reason=reason, role=side_case.role, cause=cause)
        return None

    def _move(self, side_case: SideCase, into: Path) -> SideCase:
        """Return a side case whose library and program are those below `into`.

        Programs of both sides start in the same folder.
        """

        def move(path: str) -> str:
            return str(into / Path(path).relative_to(side_case.build))

        if side_case.bench_step:
            program, *rest = side_case.bench_step.argv
            return side_case.replace(
                bench_step=side_case.bench_step.replace(argv=(move(program), *rest), cwd=str(self._folder))
            )
        return side_case.replace(library=move(side_case.library), root=str(into))


def _explain(exit_code: int, log: Path) -> str:
    try:
        breakage = find_breakage(read_text(log))
    except UnreadableError:
        breakage = None
    return f"{describe_exit(exit_code)}{f': {breakage.sentence}' if breakage else ''}"
