"""The end of a run: add what is only known then, write the report, seal the bundle."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from harness.errors import HarnessError
from harness.judge.caveat import derive_caveats
from harness.judge.provenance import keep_one_build
from harness.judge.roofline import judge_run
from harness.parse.bench.device import BLAS, complete, parse_blas, parse_nvidia
from harness.parse.bench.roofline import parse_roofline
from harness.parse.bench.system_info import parse_system_info, unite_infos
from harness.records.caveat import Caveat, CaveatCode
from harness.records.outcome import Status, is_check
from harness.records.plan import Phase, StepQuestion
from harness.records.run import SCHEMA, Run, SystemInfo
from harness.render.report import render_report
from harness.run.spoken import forget_texts
from harness.store.bundle import Bundle, load_logs
from harness.system.audio import verify_audio
from harness.system.weights import verify_weights


def conclude(run: Run, bundle: Bundle, cache: Path) -> tuple[Run, str, Path]:
    """Finish a run; return it, its report, and the folder of the sealed bundle."""
    return seal_run(recheck_files(run, cache), bundle, datetime.now(UTC))


def seal_run(run: Run, bundle: Bundle, end: datetime) -> tuple[Run, str, Path]:
    """Seal a run that ended at `end`, in UTC; return it, its report, and the folder of the sealed bundle."""
    logs = load_logs(bundle.path, run)
    run = keep_one_build(run.replace(schema=SCHEMA))  # a run begun by an older harness may have an older schema
    # The end comes first: only in a run that has ended are absent results missing.
    run = look_back(run.replace(end=end.isoformat(timespec="seconds")), logs)
    run = forget_texts(run, bundle)
    while True:
        run = run.replace(id=bundle.find_free_id())
        report = render_report(run, logs)
        try:
            return run, report, bundle.seal(run, report)
        except FileExistsError:  # just taken by another process: try the next id
            continue


def look_back(run: Run, logs: Mapping[str, str]) -> Run:
    """Return the run with what ggml reports about itself in the logs, and all caveats that follow."""
    run = run.replace(system_info=_add_devices(run, _find_system_info(run, logs), logs))
    known = {caveat.code for caveat in run.caveats}
    known_rooflines = (
        one for one in run.results if one.phase is Phase.ROOFLINE and one.measurements and one.log in logs
    )
    rooflines = {one.step: parse_roofline(logs[one.log]) for one in known_rooflines}
    derived = (*derive_caveats(run), *judge_run(run, rooflines))
    return run.replace(caveats=(*run.caveats, *(caveat for caveat in derived if caveat.code not in known)))


def _add_devices(run: Run, info: SystemInfo | None, logs: Mapping[str, str]) -> SystemInfo | None:
    """Return `info` with device details from the probes, or from an earlier call.

    These are the BLAS library of the build, and the driver of NVIDIA GPUs.
    """
    if info is None:
        return None
    passed = (one for one in run.results if one.log in logs and one.status is Status.PASSED)
    answers = {one.asks: logs[one.log] for one in passed if one.asks}
    known = run.system_info.devices if run.system_info else ()
    gpus = parse_nvidia(answers.get(StepQuestion.GPU_DRIVER, "")) or known
    library = parse_blas(answers.get(StepQuestion.BLAS_LIBRARY, ""))
    library = library or next((one for one in known if one.backend == BLAS), None)
    found = (complete(device, gpus) for device in info.devices)
    works = library and not any(claim.subject == BLAS for claim in info.failed)
    return info.replace(devices=(*found, *([library] if library and works else [])))


def _find_system_info(run: Run, logs: Mapping[str, str]) -> SystemInfo | None:
    """Return the system info of the run, with every failure from the logs of its benchmarks.

    Logs of benchmarks also name the backends, so they come before logs of probes; logs with numbers come before logs of
    failed benchmarks, and those of checks, which take the most threads, come last among them.
    """
    asked = [one for one in run.results if one.log in logs and (one.case or one.asks is StepQuestion.FEATURES)]
    asked.sort(key=lambda result: (result.case is None, result.status.bad, is_check(result)))
    found = [(result, info) for result in asked if (info := parse_system_info(logs[result.log]))]
    counted = [info for result, info in found if result.case and not result.status.bad]
    return unite_infos(counted, [info for result, info in found if not result.case or result.status.bad])


def recheck_files(run: Run, cache: Path) -> Run:
    """Return the run, with a caveat if its weights or recordings have changed since it began."""
    made = (one for one in run.weights if one.sha256 or not one.parent)
    checks = [(CaveatCode.WEIGHTS_CHANGED, partial(verify_weights, one, cache=cache)) for one in made]
    checks += [(CaveatCode.AUDIO_CHANGED, partial(verify_audio, one, cache=cache)) for one in run.audio]
    known = {caveat.code for caveat in run.caveats}
    for code, verify in checks:
        if code in known:
            continue
        try:
            verify()
        except HarnessError as error:
            message = f"{error.what} during the run: its numbers belong to neither file"
            run = run.add_caveat(Caveat(code=code, message=message))
    return run
