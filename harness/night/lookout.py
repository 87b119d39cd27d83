"""What is looked up of a node for the plan of its night, from stored results alone: its own, or another one's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness.bisect.answer import read_answer
from harness.errors import UnreadableError, UsageError
from harness.judge.creep import AnchorNights, ask_creep
from harness.judge.night_question import KnownBisection
from harness.judge.night_view import NightFacts, make_night_view
from harness.judge.trial_answer import LiveTrial, StoredTrial, list_trials
from harness.plan.commit_line import can_change
from harness.records.bisection import BisectVerdict
from harness.records.measurement import Case
from harness.records.night import BranchCommit, NightView, Question
from harness.records.purpose import RunPurpose
from harness.records.source import Commit
from harness.records.suite import Benchmark, Engine, Suite
from harness.store.bisection_file import list_files, load_bisection
from harness.store.known_history import KnownHistory
from harness.store.live_trial import load_live_trials
from harness.system.cache.entry import Note
from harness.system.source.branch import BranchState


class Moment(NamedTuple):
    """Where a night is: when it began, in UTC, the seconds that are left of its budget, and what was tried in vain.

    `codes` is the machine code of commits that were built tonight and not measured.
    """

    began: datetime
    left_s: float
    tried: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()


class Seen(NamedTuple):
    """What a look has found: everything that is known of the past, and what a plan is made of."""

    known: KnownHistory
    bisections: tuple[KnownBisection, ...]
    view: NightView


class WatchedNode(NamedTuple):
    """A node and what a night measures there: its config by id, its suite, and the branch with its commits.

    `suite` is None where nothing is known of the node.
    """

    name: str
    config: str
    suite: Suite | None
    branch: BranchState
    commits: tuple[BranchCommit, ...]

    @property
    def anchor(self) -> str:
        """The sha of the anchor, empty without one."""
        return self.branch.anchor.sha if self.branch.anchor else ""


class Lookout:
    """Looks at the results as often as it is asked; what was read once is not read again unless it changed.

    `note` takes sentences about what cannot be read, each of which is said once.
    """

    def __init__(self, results: Path, note: Note) -> None:
        self._results, self._note = results, note
        self._answers: dict[tuple[Path, int], KnownBisection] = {}
        self._anchored: dict[StoredTrial, list[LiveTrial]] = {}

    def look(self, known: KnownHistory, node: WatchedNode, moment: Moment, built: Sequence[str] = ()) -> Seen:
        """Return what is known now of a night; `built` are the commits of which there is a build on the node."""
        bisections = tuple(self._list_bisections(node.name))
        facts = NightFacts(
            node=node.name,
            now=datetime.now(UTC).isoformat(timespec="seconds"),
            # Starts are known to the second: one in the second of this night's own may be of the night before.
            began=moment.began.isoformat(timespec="milliseconds"),
            left_s=moment.left_s,
            commits=node.commits,
            anchor=node.anchor,
            cells=list_cells(node.suite) if node.suite else (),
            raw=known.raw,
            history=known.history,
            config=node.config,
            trials=known.trials,
            asked=self._ask_creep(known, node),
            bisections=bisections,
            built=tuple(built),
            codes=moment.codes,
            tried=moment.tried,
            fetched=node.branch.fetched,
            wants_tests=node.suite is not None and node.suite.tests,
        )
        return Seen(known, bisections, make_night_view(facts))

    def _ask_creep(self, known: KnownHistory, node: WatchedNode) -> tuple[Question, ...]:
        """Return what the blocks against the anchor ask."""
        details = (one for one in known.raw.details.values() if one.node == node.name and one.config == node.config)
        trials: list[LiveTrial] = []
        for stored in list_trials(details, (RunPurpose.ANCHOR,)) if node.anchor else ():
            if stored not in self._anchored:
                self._anchored[stored], errors = load_live_trials([stored])
                for error in errors:
                    self._note(f"ignored: {error.line}")
            trials += self._anchored[stored]
        return ask_creep(
            AnchorNights(
                node=node.name,
                anchor=node.anchor,
                config=node.config,
                trials=trials,
                places={one.sha: place for place, one in enumerate(node.commits)},
                events=[event for event in known.history.events if event.node == node.name],
            )
        )

    def _list_bisections(self, node: str) -> Sequence[KnownBisection]:
        """Return the searches of a node, oldest first."""
        found = []
        for path in reversed(list_files(self._results, node)):
            try:
                key = (path, path.stat().st_mtime_ns)
                if key not in self._answers:
                    self._answers[key] = self._read_bisection(path)
                found.append(self._answers[key])
            except (UnreadableError, UsageError, OSError) as error:
                self._note(f"{path} is ignored: {error}")
        return found

    def _read_bisection(self, path: Path) -> KnownBisection:
        stored = load_bisection(path)
        verdict = None
        if stored.end:
            answer = read_answer(self._results, stored, self._note)
            verdict = None if answer.verdict is BisectVerdict.UNRESOLVED else answer.verdict
        old, new = stored.line.ends
        return KnownBisection(
            id=stored.id,
            old=old,
            new=new,
            case=stored.case,
            metric=stored.metric,
            spent_s=stored.spent_s,
            verdict=verdict,
        )


def list_cells(suite: Suite) -> tuple[Case, ...]:
    """Return the cases of models that a suite measures; what the other benchmarks print is theirs to decide."""
    return tuple(suite.model_cases) if Benchmark.WHISPER in suite.benchmarks else ()


def take_commit(commit: Commit, *, compiled: bool = True) -> BranchCommit:
    """Return a commit as a night knows it."""
    subject = commit.message.partition("\n")[0]
    return BranchCommit(sha=commit.sha, date=commit.date, subject=subject, compiled=compiled)


def take_commits(branch: BranchState, backend: str, engine: Engine) -> tuple[BranchCommit, ...]:
    """Return the commits of a branch, each with whether a backend compiles and an engine measures its files."""
    return tuple(
        take_commit(one.commit, compiled=any(can_change(path, backend, engine) for path in one.files))
        for one in branch.commits
    )
