"""The Environment part of a report: what the numbers depend on, as sorted KEY=VALUE lines."""

import re
from collections.abc import Iterator

from harness.judge.check import describe_check, list_checks, name_checked
from harness.records.build import Tool
from harness.records.measurement import RTF
from harness.records.run import Run
from harness.records.wording import format_count
from harness.render.plain import printable
from harness.render.quietness import describe_placement
from harness.render.repeat import repeat_run
from harness.render.roofline import describe_roofline
from harness.render.server import describe_servers
from harness.stats.series import summarize_run

_UPSTREAM = "GG_BUILD"


def render_environment(run: Run) -> tuple[str, ...]:
    """Return the lines in C-locale order: upstream's GG_BUILD_* names, then HARNESS_*, caveats among them."""
    pairs = (*_upstream(run), *_harness(run))
    return tuple(sorted(f"{printable(key)}={printable(value)}" for key, value in pairs if value))


def _upstream(run: Run) -> Iterator[tuple[str, str]]:
    compilers = {
        "GG_BUILD_CXX_COMPILER": run.toolchain.cxx.name,
        "GG_BUILD_C_COMPILER": run.toolchain.cc.name,
    }
    given = {key: value for key, value in run.environment if key.startswith(_UPSTREAM)}
    yield from (compilers | given).items()


def _harness(run: Run) -> Iterator[tuple[str, str]]:
    node, suite, commit = run.node, run.suite, run.source.commit
    cores = node.cpu.cores
    yield "HARNESS_VERSION", run.harness
    yield "HARNESS_RUN", run.id
    yield "HARNESS_NODE", node.name
    yield "HARNESS_CPU", node.cpu.brand or node.cpu.arch
    yield "HARNESS_CORES", f"{cores.usable_physical} usable of {cores.physical} physical, {cores.logical} logical"
    yield "HARNESS_MEMORY", f"{node.memory_bytes / 1e9:.1f} GB"
    yield "HARNESS_OS", f"{node.os}, kernel {node.kernel}"
    yield "HARNESS_HYPERVISOR", node.hypervisor
    yield "HARNESS_CC", _tool(run.toolchain.cc)
    yield "HARNESS_CXX", _tool(run.toolchain.cxx)
    yield "HARNESS_CMAKE", run.toolchain.cmake.version
    yield "HARNESS_NINJA", run.toolchain.ninja.version
    yield "HARNESS_CONFIG", f"{run.config.id} {run.config.build_type} {run.config.isa} {run.config.backend}"
    info = run.system_info
    yield "HARNESS_BACKENDS", ",".join(info.backends) if info else ""
    yield "HARNESS_DEVICES", "; ".join(map(str, info.devices)) if info else ""
    yield "HARNESS_OPTIONS", " ".join(str(option) for option in run.config.options)
    yield "HARNESS_SOURCE", f"{run.source.kind} {commit.release or commit.short}"
    yield "HARNESS_DIRTY", commit.changes if commit.sha else ""
    yield "HARNESS_BENCHMARKS", ",".join(suite.benchmarks)
    yield "HARNESS_THREADS", ",".join(str(count) for count in suite.threads)
    yield "HARNESS_FLASH_ATTN", ",".join(str(value) for value in suite.flash_attn)
    yield "HARNESS_REPETITIONS", str(suite.repetitions)
    yield "HARNESS_SEED", str(suite.seed)
    yield "HARNESS_REPEAT", repeat_run(run)
    yield "HARNESS_PLACEMENT", describe_placement(run)
    yield "HARNESS_ROOF", describe_roofline(run)
    for result in list_checks(run):
        name = name_checked(result).replace(" ", "_")
        yield f"HARNESS_CHECK_{name}", describe_check(result) or result.reason
    for weights in run.weights:
        yield f"HARNESS_WEIGHTS_{weights.model}", weights.kind
    for one in run.audio:
        yield f"HARNESS_AUDIO_{one.name}", f"{one.duration_s:.1f} s, SHA-256 {one.sha256[:12]}"
    for (case, metric), summary in summarize_run(run).items():
        if metric == RTF.name:
            vad = f"_vad{word}" if (word := case.get("vad")) else ""
            name = f"{case.get('audio')}_{case.get('model')}_t{case.get('threads')}_fa{case.get('fa')}{vad}"
            processes = format_count(summary.n, "process", plural="processes")
            yield f"HARNESS_RTF_{name}", f"{summary.median:.3f}, {processes}, whisper-cli from end to end"
    for name, numbers in describe_servers(summarize_run(run)):
        yield f"HARNESS_SERVER_{name}", f"{numbers}, whisper-server under load"
    for caveat in run.caveats:
        yield f"HARNESS_CAVEAT_{re.sub(r'[^A-Z0-9]', '_', caveat.code.upper())}", caveat.message


def _tool(tool: Tool) -> str:
    return f"{tool.name} {tool.version}".strip()
