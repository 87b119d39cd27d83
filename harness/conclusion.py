"""How a run ends: what is known only then is added, the report written, the bundle sealed."""

from datetime import UTC, datetime
from pathlib import Path

from harness.parse.system_info import parse_system_info
from harness.plan.caveat import derive_caveats
from harness.records.run import Run, SystemInfo
from harness.render.report import render_report
from harness.store.bundle import Bundle


def conclude(run: Run, bundle: Bundle) -> tuple[Run, str, Path]:
    """Return the finished run, its report, and the folder of the sealed bundle."""
    logs = _read_logs(run, bundle)
    run = run.replace(end=datetime.now(UTC).isoformat(timespec="seconds"), system_info=find_system_info(run, logs))
    known = {caveat.code for caveat in run.caveats}
    run = run.replace(caveats=(*run.caveats, *(c for c in derive_caveats(run) if c.code not in known)))
    report = render_report(run, logs)
    return run, report, bundle.seal(run, report)


def find_system_info(run: Run, logs: dict[str, str]) -> SystemInfo | None:
    """Return what ggml said of itself; a benchmark's log knows the backends too, so it comes before a mere question."""
    asked = sorted((result for result in run.results if result.log in logs), key=lambda result: result.case is None)
    infos = (parse_system_info(logs[result.log]) for result in asked if result.case or result.step == "features")
    return next((info for info in infos if info), None)


def _read_logs(run: Run, bundle: Bundle) -> dict[str, str]:
    names = {result.log for result in run.results if result.log}
    paths = {name: bundle.logs / name for name in names}
    return {name: path.read_text(encoding="utf-8", errors="replace") for name, path in paths.items() if path.is_file()}
