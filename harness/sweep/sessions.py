"""A sweep being measured: its record, and a session for each of its configs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import UnavailableError, UnfitError, UsageError
from harness.judge.sweep_table import tabulate_sweep
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.sweep import Sweep, SweepEntry, SweepTable
from harness.run.finish import conclude
from harness.run.session import Session
from harness.store.bundle import Bundle, open_bundle, refuse_folder
from harness.store.sweep_file import remove_sweep, save_sweep, sweep_path
from harness.system.limit import limit_of

PlannedRun = tuple[Run, Plan]
Prepare = Callable[[SweepEntry, int], PlannedRun]


def prepare_all(sweep: Sweep, prepare: Prepare) -> tuple[Sweep, dict[int, PlannedRun]]:
    """Return the sweep, with a reason for each config that cannot be prepared, and the prepared others by number.

    If none can be prepared, raises what the first one raised; raises UsageError if no cell can be measured.
    """
    ready: dict[int, PlannedRun] = {}
    entries: list[SweepEntry] = []
    first: UnavailableError | UnfitError | None = None
    for number, entry in enumerate(sweep.entries):
        reason = ""
        if any(cell.entry == number and not cell.reason for cell in sweep.cells):
            try:
                ready[number] = prepare(entry, number)
            except (UnavailableError, UnfitError) as error:
                if limit := limit_of(error):  # a limit of the system, not of this config
                    raise limit from None
                first = first or error
                reason = error.line
        entries.append(entry.replace(reason=reason))
    if not ready and first:
        raise first
    if not ready:
        raise UsageError("no cell of the sweep can be measured", cause=next(cell.reason for cell in sweep.cells))
    return sweep.replace(entries=tuple(entries)), ready


class SweepSessions:
    """The sessions of a sweep by the numbers of its configs, and its sealed runs by id."""

    def __init__(self, sweep: Sweep, results: Path, cache: Path, sealed: Mapping[str, Run]) -> None:
        self.sweep = sweep
        self._results, self._cache = results, cache
        self._sealed = dict(sealed)
        self._sessions: dict[int, tuple[Session, Bundle]] = {}

    def begin(self) -> None:
        """Write the sweep before any of its runs, so that it can be resumed whatever happens from here on.

        Raises UnfitError if it cannot be written.
        """
        try:
            save_sweep(self._results, self.sweep)
        except OSError as error:
            raise refuse_folder(self._results, error) from None

    def open(self, number: int, prepared: PlannedRun) -> tuple[Run, Plan, Bundle]:
        """Open the bundle of a new run of a config, which the sweep now names, and return run, plan and bundle."""
        state, plan = prepared
        state, bundle = open_bundle(self._results, state.replace(sweep=self.sweep.id), plan)
        self._name(number, state.id)
        save_sweep(self._results, self.sweep)
        return state, plan, bundle

    def _name(self, number: int, run: str) -> None:
        """Record the run of a config in the sweep."""
        entries = tuple(
            entry.replace(run=run, reason="") if index == number else entry
            for index, entry in enumerate(self.sweep.entries)
        )
        self.sweep = self.sweep.replace(entries=entries)

    def add(self, number: int, session: Session, bundle: Bundle) -> None:
        """Add the session that measures the cells of a config."""
        self._sessions[number] = (session, bundle)

    @property
    def in_order(self) -> Sequence[Session]:
        """The sessions in the order of their configs."""
        return [self._sessions[number][0] for number in sorted(self._sessions)]

    @property
    def bundles(self) -> Sequence[Path]:
        """The folders of the runs that are being measured."""
        return [bundle.path for _, bundle in self._sessions.values()]

    @property
    def is_there(self) -> bool:
        """Whether the sweep can be resumed, because its file still exists."""
        return sweep_path(self._results, self.sweep).is_file()

    def conclude(self) -> dict[str, Run]:
        """Seal every run, and return all of them by id.

        The sweep is marked as finished if every cell has a number or a reason for having none.
        """
        for number in sorted(self._sessions):
            session, bundle = self._sessions[number]
            run, _, _ = conclude(session.run, bundle, self._cache)
            del self._sessions[number]
            self._sealed[run.id] = run
            self._name(number, run.id)
        if not any(row.blank for row in self.table().rows):
            self.sweep = self.sweep.replace(end=datetime.now(UTC).isoformat(timespec="seconds"))
        save_sweep(self._results, self.sweep)
        return self._sealed

    def release(self) -> None:
        """Release every run that is not sealed."""
        for _, bundle in self._sessions.values():
            bundle.release()

    def discard(self) -> None:
        """Remove a sweep that cannot be resumed, unless something was measured in it."""
        if self._sealed or any(session.run.measurements for session in self.in_order):
            return
        for _, bundle in self._sessions.values():
            bundle.discard()
        remove_sweep(self._results, self.sweep)

    def table(self) -> SweepTable:
        """Return the present table."""
        running = {session.run.id: session.run for session in self.in_order}
        return tabulate_sweep(self.sweep, {**self._sealed, **running})
