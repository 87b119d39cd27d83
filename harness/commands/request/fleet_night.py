"""The night that a job of a fleet asks for on a node, from its settings and the node's newest night."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.commands.request.measure import choose_suite
from harness.commands.request.nightly import BUDGET_S, MODELS
from harness.errors import HarnessError
from harness.night.elsewhere import NightElsewhere
from harness.records.fleet import FleetJob
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RunDetail
from harness.records.run import OURS
from harness.settings.fleet import value_job_settings
from harness.settings.layer import Settings, layer_settings
from harness.settings.recall import restore_settings
from harness.store.bundle import load_run
from harness.system.cache.entry import Note
from harness.system.source.branch import BranchWords
from harness.system.source.resolve import load_pins

# A person may search for a commit as well.
_OF_NIGHTS = frozenset(RunPurpose) - {RunPurpose.MANUAL, RunPurpose.BISECTION}
_DEFAULTS = (
    layer_settings(file={}, file_name="", environ={}, flags={}).supply("budget", BUDGET_S).supply("model", MODELS)
)


def find_newest_nights(details: Iterable[RunDetail]) -> dict[str, RunDetail]:
    """Return for each node the run that tells best what its nights measure.

    That is the newest run of a commit for its own sake, else of anything that a night does, else by hand.
    """
    newest: dict[str, RunDetail] = {}
    for one in details:
        if one.origin == OURS and one.config and (one.node not in newest or _rank(newest[one.node]) < _rank(one)):
            newest[one.node] = one
    return newest


def _rank(one: RunDetail) -> tuple[bool, bool, str, str]:
    return (one.purpose == RunPurpose.NIGHT, one.purpose in _OF_NIGHTS, one.start, one.run_id)


def ask_night(node: str, job: FleetJob, newest: Mapping[str, RunDetail], note: Note) -> NightElsewhere:
    """Return the night of a job on a node; what it measures is what the settings come to on that node's processor.

    Settings that the job does not name are those of the node's newest night. Without a run that can be read, nothing
    is known of what it measures.
    """
    detail = newest.get(node)
    if detail is not None:
        try:
            run = load_run(Path(detail.path))
            of_night = run.purpose in _OF_NIGHTS
            settings = restore_settings(run.settings) if of_night else _DEFAULTS
            settings = settings.override(value_job_settings(job.settings), "fleet.toml")
            return _ask(node, settings)._replace(
                config=detail.config,
                suite=choose_suite(settings, run.node),
                backend=run.config.backend,
            )
        except (HarnessError, ValueError) as error:
            note(f"what {node} measures is not known: {error.line if isinstance(error, HarnessError) else error}")
    return _ask(node, _DEFAULTS.override(value_job_settings(job.settings), "fleet.toml"))


def _ask(node: str, settings: Settings) -> NightElsewhere:
    words = BranchWords(
        repo=settings.text("repo") or load_pins().repo,
        name=settings.text("branch"),
        anchor=settings.text("anchor"),
    )
    return NightElsewhere(node, words, settings.number("budget"))
