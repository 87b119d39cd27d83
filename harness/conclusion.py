"""How a run ends: what is known only then is added, the report written, the bundle sealed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from harness.parse.system_info import parse_system_info
from harness.plan.caveat import derive_caveats
from harness.records.run import Run, SystemInfo
from harness.records.step import FEATURES
from harness.render.report import render_report
from harness.store.bundle import Bundle, load_logs


def conclude(run: Run, bundle: Bundle) -> tuple[Run, str, Path]:
    """Return the finished run, its report, and the folder of the sealed bundle."""
    logs = load_logs(bundle.path, run)
    run = look_back(run, logs).replace(end=datetime.now(UTC).isoformat(timespec="seconds"))
    report = render_report(run, logs)
    return run, report, bundle.seal(run, report)


def look_back(run: Run, logs: Mapping[str, str]) -> Run:
    """Return the run with what ggml said of itself in the logs, and the caveats that follow from all of it."""
    run = run.replace(system_info=_find_system_info(run, logs))
    known = {caveat.code for caveat in run.caveats}
    return run.replace(caveats=(*run.caveats, *(c for c in derive_caveats(run) if c.code not in known)))


def _find_system_info(run: Run, logs: Mapping[str, str]) -> SystemInfo | None:
    """Return the first that is told; a benchmark's log knows the backends too, so it comes before a mere question."""
    asked = sorted((result for result in run.results if result.log in logs), key=lambda result: result.case is None)
    infos = (parse_system_info(logs[result.log]) for result in asked if result.case or result.step == FEATURES)
    return next((info for info in infos if info), None)
