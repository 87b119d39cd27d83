"""A sweep being measured: its record, and a session for each of its configs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.conclusion import conclude
from harness.errors import UnavailableError, UnfitError
from harness.plan.chart import chart_sweep
from harness.records.plan import Plan
from harness.records.run import Run
from harness.records.sweep import Chart, Entry, Sweep
from harness.session import Session
from harness.store.bundle import Bundle, open_bundle
from harness.store.sweep_file import remove_sweep, save_sweep

Prepared = tuple[Run, Plan]
Prepare = Callable[[Entry, int], Prepared]


def prepare_all(sweep: Sweep, prepare: Prepare) -> tuple[Sweep, dict[int, Prepared]]:
    """Return the sweep with the reason of each config that cannot be prepared, and the others, ready, by their numbers.

    Raises what the first one raised if none can be prepared.
    """
    ready: dict[int, Prepared] = {}
    entries: list[Entry] = []
    first: UnavailableError | UnfitError | None = None
    for number, entry in enumerate(sweep.entries):
        reason = ""
        if any(cell.entry == number and not cell.reason for cell in sweep.cells):
            try:
                ready[number] = prepare(entry, number)
            except (UnavailableError, UnfitError) as error:
                first = first or error
                reason = error.line
        entries.append(entry.replace(reason=reason))
    if not ready and first:
        raise first
    return sweep.replace(entries=tuple(entries)), ready


class Field:
    """The sessions of a sweep, by the numbers of its configs, and the runs that are sealed already, by their ids."""

    def __init__(self, sweep: Sweep, results: Path, cache: Path, sealed: Mapping[str, Run]) -> None:
        self.sweep = sweep
        self._results, self._cache = results, cache
        self._sealed = dict(sealed)
        self._sessions: dict[int, tuple[Session, Bundle]] = {}

    def open(self, number: int, prepared: Prepared) -> tuple[Run, Plan, Bundle]:
        """Return a new run of a config with its bundle on disk, which the sweep names from now on."""
        state, plan = prepared
        state, bundle = open_bundle(self._results, state.replace(sweep=self.sweep.id), plan)
        entries = tuple(
            entry.replace(run=state.id) if index == number else entry for index, entry in enumerate(self.sweep.entries)
        )
        self.sweep = self.sweep.replace(entries=entries)
        save_sweep(self._results, self.sweep)
        return state, plan, bundle

    def seat(self, number: int, session: Session, bundle: Bundle) -> None:
        """Let a session measure the cells of a config."""
        self._sessions[number] = (session, bundle)

    @property
    def sessions(self) -> Sequence[Session]:
        """The sessions in the order of their configs."""
        return [self._sessions[number][0] for number in sorted(self._sessions)]

    def conclude(self) -> dict[str, Run]:
        """Seal every run, mark the sweep as finished, and return its runs by their ids."""
        for number in sorted(self._sessions):
            session, bundle = self._sessions[number]
            run, _, _ = conclude(session.run, bundle, self._cache)
            self._sealed[run.id] = run
        self.sweep = self.sweep.replace(end=datetime.now(UTC).isoformat(timespec="seconds"))
        save_sweep(self._results, self.sweep)
        return self._sealed

    def discard(self) -> None:
        """Remove a sweep in which nothing has been measured and that cannot be resumed."""
        for _, bundle in self._sessions.values():
            bundle.discard()
        remove_sweep(self._results, self.sweep)

    def chart(self) -> Chart:
        """Return the table as it stands."""
        running = {session.run.id: session.run for session in self.sessions}
        return chart_sweep(self.sweep, {**self._sealed, **running})
