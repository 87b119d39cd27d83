"""What a night knows before its next item: the branch, the stored runs and comparisons, and the searches."""

from harness.build.config import choose_config
from harness.judge.judged_history import add_triage
from harness.night.lookout import Lookout, Moment, Seen, WatchedNode, take_commits
from harness.run.places import Workplace
from harness.settings.request import NightRequest
from harness.store.known_history import HistoryQuestion, KnownHistory, know_history, load_triage
from harness.system.source.branch import BranchWords, follow_branch
from harness.system.toolchain import probe_toolchain

_SHORT = 12


class Watch:
    """One night's watch: it fetches the branch once, and looks at the results as often as it is asked."""

    def __init__(self, request: NightRequest, work: Workplace) -> None:
        self._request, self._work = request, work
        cache, build = work.places.cache, request.run.build
        toolchain = probe_toolchain(build.compiler, work.environ, cache=cache, tools=build.tools)
        self.config = choose_config(build, build.recipe.build_type, toolchain.cc.name).id
        self._lookout = Lookout(work.places.results, work.console.note_once)
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
        suite = request.run.measure.suite
        self.commits = take_commits(self.branch, build.recipe.backend, suite.engine)
        self._node = WatchedNode(request.node, self.config, suite, self.branch, self.commits)

    def look(self, moment: Moment) -> Seen:
        """Return what is known now."""
        known, self._known = self._known or self._know(), None
        triage = load_triage(self._work.places.results)
        known = known._replace(history=known.history.replace(events=add_triage(known.history.events, triage)))
        return self._lookout.look(known, self._node, moment, self._list_built())

    def _know(self) -> KnownHistory:
        places, console = self._work.places, self._work.console
        # Of all nodes: the silence of another one is an alarm, too.
        silent = self._request.silent_nights
        question = HistoryQuestion(options=places.options, silent_nights=silent, measuring=True)
        return know_history(places, self._work.environ, console, question)

    def _list_built(self) -> list[str]:
        """Return the commits of the branch, and the anchor, of which a build with this config is in the cache."""
        folders = (self._work.places.cache / "builds").glob(f"git-*-{self.config}-*")
        built = {folder.name.split("-")[1] for folder in folders}
        shas = [*filter(None, [self._node.anchor]), *(one.sha for one in self.commits)]
        return [sha for sha in dict.fromkeys(shas) if sha[:_SHORT] in built]
