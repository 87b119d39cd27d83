"""The search for a commit that the settings describe."""

from harness.commands.request.measure import resolve_node
from harness.commands.request.recording import ignore_recordings
from harness.commands.request.trial import choose_design, resolve_side
from harness.errors import UsageError
from harness.plan.side import SideRequest
from harness.records.bisection import StoredBisection
from harness.records.measurement import ENCODE, Case
from harness.records.purpose import RunPurpose
from harness.records.record import Record
from harness.records.suite import Benchmark
from harness.run.places import Workplace
from harness.settings.layer import Settings
from harness.settings.recall import recall
from harness.settings.request import BisectRequest

BUDGET_S = 3600.0
_EXAMPLE = "harness bisect v1.8.4 v1.8.5"
# A search goes over one number.
_SINGLE = (("model", "--model"), ("threads", "--threads"), ("flash_attn", "--flash-attn"), ("quant", "--quant"))


class BisectWords(Record):
    """The command line without the settings; `resume` is None, or the beginning of an id, empty for the latest."""

    commits: tuple[str, ...] = ()
    resume: str | None = None
    renewed: bool = False


def resolve_bisect(settings: Settings, work: Workplace, words: BisectWords) -> BisectRequest:
    """Return the search between two commits; raises UsageError for bad settings, and for more than one case."""
    if not 1 <= len(words.commits) <= 2:
        raise UsageError(f"bisect needs two commits, not {len(words.commits)}", hint=_EXAMPLE)
    good, bad = (*words.commits, "")[:2]
    return _resolve(settings, work, (good, bad)).replace(renewed=words.renewed)


def resolve_kept_bisect(settings: Settings, work: Workplace, stored: StoredBisection) -> BisectRequest:
    """Return the request of a search that goes on, from its recorded settings; the budget is that of this sitting."""
    kept = {
        "metric": stored.metric,
        "threshold": f"{100 * stored.threshold!r}%",
        "pairs": stored.pairs,
        "relink": stored.relink,
        "seed": stored.seed,
    }
    mine = recall(settings, stored.settings).override(kept, "recorded settings")
    return _resolve(mine, work, stored.words)


def refuse_idle(words: BisectWords) -> None:
    """Raise UsageError for words that have no effect on a search that is resumed."""
    if words.commits or words.renewed:
        cause = "a search that is resumed keeps the commits that it was begun with"
        raise UsageError("--resume cannot be combined with commits or --renew", cause=cause, hint="leave one out")


def _resolve(settings: Settings, work: Workplace, words: tuple[str, str]) -> BisectRequest:
    if settings.is_default("metric"):
        settings = settings.override({"metric": ENCODE.name}, "bisect")
    settings = settings.supply("budget", BUDGET_S).override({"ref": "", "source": ""}, "bisect")
    metrics = settings.words("metric")
    if len(metrics) != 1:
        raise UsageError("bisect looks for a change of one metric", hint=f"--metric {metrics[0]}")
    for name, flag in _SINGLE:
        if len(settings.words(name)) > 1:
            first = settings.words(name)[0]
            raise UsageError(f"bisect measures one case, but {flag} has several values", hint=f"{flag} {first}")
    node, design = resolve_node(settings, work.environ), choose_design(settings)
    run = resolve_side(SideRequest(label="bisect"), ignore_recordings(settings), work, node)
    suite = run.measure.suite
    if len(suite.models) != 1:
        raise UsageError("bisect measures one model", hint=f"--model {suite.models[0]}")
    return BisectRequest(
        words=words,
        run=run.replace(purpose=RunPurpose.BISECTION),
        design=design.replace(max_time_s=settings.number("budget")),
        case=Case.of(Benchmark.WHISPER.value, model=suite.models[0], threads=suite.threads[0], fa=suite.flash_attn[0]),
        metric=metrics[0],
        budget_s=settings.number("budget"),
        strict=settings.flag("strict"),
    )
