"""The night that a job of a fleet asks for on a node, from its settings and the node's newest night."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.commands.request.measure import choose_suite
from harness.commands.request.nightly import BUDGET_S
from harness.errors import HarnessError
from harness.night.elsewhere import NightElsewhere
from harness.records.fleet import FleetJob
from harness.records.purpose import RunPurpose
from harness.records.raw_history import RunDetail
from harness.settings.fleet import value_job_settings
from harness.settings.layer import Settings, layer_settings
from harness.settings.recall import restore_settings
from harness.store.bundle import load_run
from harness.system.cache.entry import Note
from harness.system.source.branch import BranchWords
from harness.system.source.resolve import load_pins

_DEFAULTS = layer_settings(file={}, file_name="", environ={}, flags={})


def find_newest_nights(details: Iterable[RunDetail]) -> dict[str, RunDetail]:
    """Return the newest run of a night of each node that has one."""
    newest: dict[str, RunDetail] = {}
    for one in details:
        if one.purpose == RunPurpose.NIGHT and not one.trial:
            known = newest.get(one.node)
            if known is None or (known.start, known.run_id) < (one.start, one.run_id):
                newest[one.node] = one
    return newest


def ask_night(node: str, job: FleetJob, newest: Mapping[str, RunDetail], note: Note) -> NightElsewhere:
    """Return the night of a job on a node; what it measures is what the settings come to on that node's processor.

    Without a night whose record can be read, nothing is known of that.
    """
    detail = newest.get(node)
    if detail is not None:
        try:
            run = load_run(Path(detail.path))
            settings = restore_settings(run.settings).override(value_job_settings(job.settings), "fleet.toml")
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
    return NightElsewhere(node, words, settings.number("budget") or BUDGET_S)
