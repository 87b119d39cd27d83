"""Examines the machine once: raw texts go into a capture, from which `harness.parse` makes a node."""

import os
import platform
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.parse.host.capture import format_cpu_list
from harness.parse.host.cgroup import CGROUP, MOUNTINFO, list_limit_files
from harness.parse.host.cpu import CPUINFO
from harness.parse.host.node import CLOCKSOURCE, CONTAINER_FILES, DMI, HYPERVISOR, MEMINFO, OS_RELEASE, parse_node
from harness.parse.host.topology import CPU, EFFICIENT, FAST, NODE, list_cache_files
from harness.records.node import Node
from harness.system.process.child import capture

_FILES = (
    CPUINFO,
    MEMINFO,
    CGROUP,
    MOUNTINFO,
    CLOCKSOURCE,
    FAST,
    *EFFICIENT,
    *OS_RELEASE,
    *HYPERVISOR,
    *(path for path, _ in CONTAINER_FILES),
    *(f"{DMI}/{key}" for key in ("sys_vendor", "product_name", "board_vendor", "bios_vendor")),
    f"{CPU}/online",
)
_PATTERNS = (
    f"{CPU}/cpu[0-9]*/acpi_cppc/highest_perf",
    f"{CPU}/cpu[0-9]*/cpu_capacity",
    f"{CPU}/cpu[0-9]*/topology/core_cpus_list",
    f"{CPU}/cpu[0-9]*/topology/thread_siblings_list",
    f"{NODE}/node[0-9]*/cpulist",
)
_SYSCTL = ("sysctl", "hw", "machdep.cpu", "kern.osproductversion", "kern.hv_vmm_present")


def probe_node(name: str, environ: Mapping[str, str]) -> Node:
    """Return this machine under `name`, or under its host name if that is empty."""
    texts = probe_capture(environ)
    node = parse_node(name, texts)
    if not node.cpu.brand:
        node = parse_node(name, {**texts, "brand": _probe_brand()})
    return node


def probe_capture(environ: Mapping[str, str]) -> dict[str, str]:
    """Return everything about this machine that `parse_node` reads; unreadable files are omitted."""
    texts = _read(_FILES) | _read(str(path) for pattern in _PATTERNS for path in Path("/").glob(pattern.lstrip("/")))
    texts |= _read((*list_cache_files(texts), *list_limit_files(texts)))
    texts |= {
        "hostname": platform.node(),
        "machine": platform.machine(),
        "system": platform.system(),
        "release": platform.release(),
        "python": platform.python_version(),
        "microarchitecture": _probe_microarchitecture(),
    }
    if hasattr(os, "sched_getaffinity"):
        texts["affinity"] = format_cpu_list(frozenset(os.sched_getaffinity(0)))
    if CPUINFO not in texts:
        texts |= _probe_counts()
    if platform.system() == "Darwin":
        path = f"{environ.get('PATH', '')}:/usr/sbin"
        texts["sysctl"] = capture(_SYSCTL, env={**environ, "PATH": path, "LC_ALL": "C"}).stdout
    return texts


def _read(paths: Iterable[str]) -> dict[str, str]:
    texts = {}
    for path in paths:
        try:
            texts[path] = Path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:  # not on this kind of machine, or not for this user
            continue
    return texts


def _probe_counts() -> dict[str, str]:
    import psutil

    return {
        "logical": str(psutil.cpu_count(logical=True) or 1),
        "memory_bytes": str(psutil.virtual_memory().total),
    }


def _probe_microarchitecture() -> str:
    """Return archspec's name: the newest with all features visible, which under a hypervisor may be an older one."""
    try:
        import archspec.cpu

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(archspec.cpu.host().name)
    except Exception:  # a label is no reason to fail
        return ""


def _probe_brand() -> str:
    try:
        import cpuinfo

        return str(cpuinfo.get_cpu_info().get("brand_raw", ""))
    except Exception:  # py-cpuinfo starts programs and a process pool, any of which may be forbidden here
        return ""
