"""What a night knows before its next item: the branch, the stored runs and comparisons, and the searches."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from harness.bisect.answer import read_answer
from harness.build.config import choose_config
from harness.errors import UnreadableError, UsageError
from harness.judge.creep import AnchorNights, ask_creep
from harness.judge.judged_history import add_triage
from harness.judge.night_question import KnownBisection
from harness.judge.night_view import NightFacts, make_night_view
from harness.judge.trial_answer import LiveTrial, StoredTrial, list_trials
from harness.plan.commit_line import can_change
from harness.records.bisection import BisectVerdict
from harness.records.measurement import Case
from harness.records.night import BranchCommit, NightView, Question
from harness.records.purpose import RunPurpose
from harness.records.source import Commit
from harness.records.suite import Benchmark, Suite
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.store.bisection_file import list_files, load_bisection
from harness.store.known_history import HistoryQuestion, KnownHistory, know_history, load_triage
from harness.store.live_trial import load_live_trials
from harness.system.source.branch import BranchState, BranchWords, follow_branch
from harness.system.toolchain import probe_toolchain

_SHORT = 12


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


class Watch:
    """One night's watch: it fetches the branch once, and looks at the results as often as it is asked."""

    def __init__(self, request: NightRequest, work: Workplace) -> None:
        self._request, self._work = request, work
        cache, build = work.places.cache, request.run.build
        toolchain = probe_toolchain(build.compiler, work.environ, cache=cache, tools=build.tools)
        self.config = choose_config(build, build.recipe.build_type, toolchain.cc.name).id
        self._answers: dict[tuple[Path, int], KnownBisection] = {}
        self._anchored: dict[StoredTrial, list[LiveTrial]] = {}
        self._known: KnownHistory | None = self._know()
        words = BranchWords(repo=request.repo, name=request.branch, anchor=request.anchor)
        measured = {
            one.sha
            for one in self._known.raw.details.values()
            if one.node == request.node and one.config == self.config and not one.trial
        }
        self.branch = follow_branch(words, measured, cache=cache, environ=work.environ, note=work.console.note)
        if self.branch.first:
            self._known = None  # the order of the commits is known only now
        self.commits = tuple(_list_commits(self.branch, request))

    def look(self, moment: Moment) -> Seen:
        """Return what is known now."""
        known, self._known = self._known or self._know(), None
        results, branch, suite = self._work.places.results, self.branch, self._request.run.measure.suite
        known = known._replace(
            history=known.history.replace(events=add_triage(known.history.events, load_triage(results)))
        )
        bisections = tuple(self._list_bisections())
        facts = NightFacts(
            node=self._request.node,
            now=datetime.now(UTC).isoformat(timespec="seconds"),
            # Starts are known to the second: one in the second of this night's own may be of the night before.
            began=moment.began.isoformat(timespec="milliseconds"),
            left_s=moment.left_s,
            commits=self.commits,
            anchor=branch.anchor.sha if branch.anchor else "",
            cells=list_cells(suite),
            raw=known.raw,
            history=known.history,
            config=self.config,
            trials=known.trials,
            asked=self._ask_creep(known),
            bisections=bisections,
            built=tuple(self._list_built()),
            codes=moment.codes,
            tried=moment.tried,
            fetched=branch.fetched,
            wants_tests=suite.tests,
        )
        return Seen(known, bisections, make_night_view(facts))

    def _know(self) -> KnownHistory:
        places, console = self._work.places, self._work.console
        # Of all nodes: the silence of another one is an alarm, too.
        question = HistoryQuestion(options=places.options, silent_nights=self._request.silent_nights)
        return know_history(places, self._work.environ, console, question)

    def _ask_creep(self, known: KnownHistory) -> tuple[Question, ...]:
        """Return what the blocks against the anchor ask; a comparison that was read once is not read again."""
        node, anchor = self._request.node, self.branch.anchor
        details = (one for one in known.raw.details.values() if one.node == node and one.config == self.config)
        trials: list[LiveTrial] = []
        for stored in list_trials(details, (RunPurpose.ANCHOR,)) if anchor else ():
            if stored not in self._anchored:
                self._anchored[stored], errors = load_live_trials([stored])
                for error in errors:
                    self._work.console.note_once(f"ignored: {error.line}")
            trials += self._anchored[stored]
        return ask_creep(
            AnchorNights(
                node=node,
                anchor=anchor.sha if anchor else "",
                config=self.config,
                trials=trials,
                places={one.sha: place for place, one in enumerate(self.commits)},
                events=[event for event in known.history.events if event.node == node],
            )
        )

    def _list_bisections(self) -> Sequence[KnownBisection]:
        """Return the searches of this node, oldest first; what was read once is not read again unless it changed."""
        found, note = [], self._work.console.note_once
        for path in reversed(list_files(self._work.places.results, self._request.node)):
            try:
                key = (path, path.stat().st_mtime_ns)
                if key not in self._answers:
                    self._answers[key] = self._read_bisection(path)
                found.append(self._answers[key])
            except (UnreadableError, UsageError, OSError) as error:
                note(f"{path} is ignored: {error}")
        return found

    def _read_bisection(self, path: Path) -> KnownBisection:
        stored = load_bisection(path)
        verdict = None
        if stored.end:
            answer = read_answer(self._work.places.results, stored, self._work.console.note_once)
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

    def _list_built(self) -> list[str]:
        """Return the commits of the branch, and the anchor, of which a build with this config is in the cache."""
        folders = (self._work.places.cache / "builds").glob(f"git-*-{self.config}-*")
        built = {folder.name.split("-")[1] for folder in folders}
        anchor = [self.branch.anchor.sha] if self.branch.anchor else []
        shas = [*anchor, *(one.sha for one in self.commits)]
        return [sha for sha in dict.fromkeys(shas) if sha[:_SHORT] in built]


def list_cells(suite: Suite) -> tuple[Case, ...]:
    """Return the cases of models that a suite measures; what the other benchmarks print is theirs to decide."""
    return tuple(suite.model_cases) if Benchmark.WHISPER in suite.benchmarks else ()


def take_commit(commit: Commit, *, compiled: bool = True) -> BranchCommit:
    """Return a commit as a night knows it."""
    subject = commit.message.partition("\n")[0]
    return BranchCommit(sha=commit.sha, date=commit.date, subject=subject, compiled=compiled)


def _list_commits(branch: BranchState, request: NightRequest) -> list[BranchCommit]:
    backend, engine = request.run.build.recipe.backend, request.run.measure.suite.engine
    return [
        take_commit(one.commit, compiled=any(can_change(path, backend, engine) for path in one.files))
        for one in branch.commits
    ]
