"""The request for one commit, or one side of a comparison, made of a night's templates."""

from collections.abc import Sequence

from harness.records.measurement import Case
from harness.records.night import WorkItem, WorkKind
from harness.records.purpose import RunPurpose
from harness.records.run import SettingOrigin
from harness.records.source import SourceRequest
from harness.records.suite import OF_AUDIO, OF_MODELS, Benchmark, Suite
from harness.settings.request import NightRequest, RunRequest

PURPOSES = {
    WorkKind.CONFIRM: RunPurpose.CONFIRMATION,
    WorkKind.BISECT: RunPurpose.BISECTION,
    WorkKind.HEAD: RunPurpose.NIGHT,
    WorkKind.CELLS: RunPurpose.NIGHT,
    WorkKind.ANCHOR: RunPurpose.ANCHOR,
    WorkKind.GAP: RunPurpose.HISTORY,
    WorkKind.AUDIT: RunPurpose.AUDIT,
}


def ask_for(template: RunRequest, sha: str, item: WorkItem, request: NightRequest, seed: int) -> RunRequest:
    """Return a template for a commit, which records what it is measured for, and where the commit is found again."""
    source = SourceRequest(ref=sha, repo=request.repo, ours=template.source.ours)
    changed = {"ref": sha, "repo": request.repo}
    used = tuple(
        one.replace(value=changed[one.name], origin=SettingOrigin.FLAG)
        if one.name in changed
        else one.replace(value=str(seed))
        if one.name == "seed"
        else one
        for one in template.used
    )
    suite = template.measure.suite.replace(seed=seed)
    return template.replace(source=source, used=used, purpose=PURPOSES[item.kind], asked_by=item.asked_by).take(suite)


def choose_cases(suite: Suite, cases: Sequence[Case]) -> Suite:
    """Return a suite that has these cases, and of the others only those that lie in the same grid of settings."""
    if not cases:
        return suite
    names = {case.benchmark for case in cases}
    modelled = [case for case in cases if case.benchmark in OF_MODELS]
    heard = [case for case in modelled if case.benchmark in OF_AUDIO]
    return suite.replace(
        benchmarks=tuple(one for one in suite.benchmarks if one.value in names),
        models=_list(modelled, "model"),
        threads=tuple(map(int, _list(modelled, "threads"))) or suite.threads,
        flash_attn=tuple(map(int, _list(modelled, "fa"))) or suite.flash_attn,
        clients=tuple(map(int, _list(cases, "clients"))) or suite.clients,
        vad=tuple(sorted({int(case.get("vad") or 0) for case in heard})) or suite.vad,
    )


def choose_live(suite: Suite, cases: Sequence[Case]) -> Suite:
    """Return the suite of one side of a comparison of these cases; all that it has where none is named."""
    live = [case for case in cases if case.benchmark == Benchmark.WHISPER]
    return choose_cases(suite, live).replace(benchmarks=suite.benchmarks)


def _list(cases: Sequence[Case], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for case in cases if (value := case.get(name))))
