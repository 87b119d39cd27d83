"""Files of its own for each block: what a side's library and program owe to their place is drawn again with them.

The pages of a file stay in memory as long as anybody uses it, so a library that is measured for a whole trial has one
place there; and one build has one order of functions. Neither is a matter of the code, and coins do not change what
belongs to a side. A copy for each block has other pages; a link of its own has another order of functions, too.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import UnreadableError
from harness.parse.outcome import describe_exit, find_exit_cause
from harness.parse.tool.breakage import find_breakage
from harness.plan.block import ROLES, Block
from harness.plan.code_layout import choose_link_argv
from harness.plan.run import LIBRARY_TARGET
from harness.records.record import Record
from harness.records.trial import Role
from harness.run.build_file import write_layout
from harness.system.built import copy_built
from harness.system.foreign import read_text
from harness.system.process.child import CannotStartError, execute
from harness.system.process.orphan import mark_child
from harness.trial.side_case import Lost, Seat

Seats = Mapping[Role, Seat]


class Relinking(Record):
    """How the build of a side is linked again: with which CMake, by which script of it, in how many seconds at most."""

    cmake: str
    script: str
    timeout_s: float


class FreshFiles:
    """Gives each block its files, in `folder`, and removes those of the block before.

    Each side is linked again where it has a `Relinking`, in the code layout that the block draws for it, else copied.
    """

    def __init__(
        self, folder: Path, logs: Mapping[Role, Path], relinkings: Mapping[Role, Relinking] | None = None
    ) -> None:
        self._folder = folder
        self._logs = logs
        self._relinkings = relinkings or {}
        self._known: list[Path] = []

    def provide(self, block: Block, seats: Seats) -> Seats | Lost:
        """Return the seats with files that no other block has; raises OSError where they cannot be written.

        A side that cannot be linked, or read, takes the block with it. Whose files are made first is the block's coin,
        and their paths are of one length, whatever the side.
        """
        for folder in self._known:
            shutil.rmtree(folder, ignore_errors=True)
        self._known = [self._folder / str(block.number)]
        fresh: dict[Role, Seat] = {}
        for role in block.order:
            seat, side = seats[role], ROLES.index(role)
            into = self._known[0] / str(side)
            relinking = self._relinkings.get(role)
            if relinking:
                lost = self._link(block, seat, relinking, into)
                if lost:
                    return lost
                seat = seat.replace(layout=block.layouts[side])
            else:
                try:
                    copy_built(Path(seat.build), into, seat.bench.argv[0] if seat.bench else "")
                except UnreadableError as error:
                    return Lost(reason=error.line, role=role, hopeless=True)
            fresh[role] = self._move(seat, into)
        return {role: fresh[role] for role in ROLES}

    def _link(self, block: Block, seat: Seat, relinking: Relinking, into: Path) -> Lost | None:
        layout = write_layout(into.with_name(f"{into.name}.layout"), block.layouts[ROLES.index(seat.role)])
        targets: Sequence[str] = (Path(seat.bench.argv[0]).name,) if seat.bench else (LIBRARY_TARGET,)
        argv = choose_link_argv(relinking.cmake, relinking.script, seat.build, layout, str(into), targets)
        log = self._logs[seat.role] / f"block-{block.number}.link.log"
        try:
            done = execute(
                argv,
                cwd=Path(seat.build),
                env=dict(seat.environment) | mark_child(log.parent.parent),
                log=log,
                timeout_s=relinking.timeout_s,
            )
        except CannotStartError as error:
            return Lost(reason=error.line, role=seat.role, hopeless=True)
        if done.exit_code or done.timed_out:
            how = "it took too long" if done.timed_out else _explain(done.exit_code, log)
            cause = None if done.timed_out else find_exit_cause(done.exit_code)
            reason = f"the {seat.role} was not linked in another code layout: {how}"
            return Lost(reason=reason, role=seat.role, cause=cause)
        return None

    def _move(self, seat: Seat, into: Path) -> Seat:
        """Return a seat whose library and program are those below `into`; programs start in one folder for both."""

        def move(path: str) -> str:
            return str(into / Path(path).relative_to(seat.build))

        if seat.bench:
            program, *rest = seat.bench.argv
            return seat.replace(bench=seat.bench.replace(argv=(move(program), *rest), cwd=str(self._folder)))
        return seat.replace(library=move(seat.library), root=str(into))


def _explain(exit_code: int, log: Path) -> str:
    try:
        told = find_breakage(read_text(log))
    except UnreadableError:
        told = None
    return f"{describe_exit(exit_code)}{f': {told.sentence}' if told else ''}"
