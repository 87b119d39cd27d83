"""What macOS reports about its CPU: the answer of `sysctl machdep.cpu hw kern`, lines of `name: value`.

Names: Apple's sysctl(3) and "Determining instruction set characteristics"; perflevel0 is the fastest class.
"""

from harness.parse.host.capture import Capture
from harness.parse.notation import parse_count
from harness.records.node import Cores, Cpu, CpuCache

_CACHES = ((1, "data", "l1dcachesize"), (1, "instruction", "l1icachesize"), (2, "unified", "l2cachesize"))
_ARM = "hw.optional.arm."


def parse_sysctl(text: str) -> dict[str, str]:
    """Return the values by name."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def parse_mac_cpu(capture: Capture) -> Cpu:
    """Return the CPU that `sysctl` describes; missing counts become 1."""
    values = parse_sysctl(capture.get("sysctl", ""))
    brand = values.get("machdep.cpu.brand_string", "")
    return Cpu(
        arch=capture.get("machine", "").strip(),
        vendor=values.get("machdep.cpu.vendor", "") or brand.partition(" ")[0],
        brand=" ".join(brand.split()),
        microarchitecture=capture.get("microarchitecture", "").strip(),
        features=_features(values),
        cores=_cores(values),
        caches=_caches(values),
    )


def _cores(values: dict[str, str]) -> Cores:
    logical = _count(values, "hw.logicalcpu", 1)
    physical = _count(values, "hw.physicalcpu", logical)
    # Intel Macs have no performance levels: all cores are of one class.
    fast = _count(values, "hw.perflevel0.logicalcpu", logical)
    return Cores(
        logical=logical,
        physical=physical,
        affinity=logical,
        usable_physical=_count(values, "hw.perflevel0.physicalcpu", physical),
        threads_per_core=max(1, logical // physical),
        fast=fast,
        efficient=logical - fast,
    )


def _features(values: dict[str, str]) -> tuple[str, ...]:
    listed = " ".join(values.get(f"machdep.cpu.{name}", "") for name in ("features", "leaf7_features", "extfeatures"))
    flags = {name.removeprefix(_ARM) for name, value in values.items() if name.startswith(_ARM) and value == "1"}
    flags |= {"AdvSIMD"} if values.get("hw.optional.AdvSIMD", values.get("hw.optional.arm64")) == "1" else set()
    return tuple(sorted(word.lower() for word in {*listed.split(), *flags}))


def _caches(values: dict[str, str]) -> tuple[CpuCache, ...]:
    level = "hw.perflevel0" if "hw.perflevel0.l1dcachesize" in values else "hw"
    shared = {"l2cachesize": _count(values, f"{level}.cpusperl2", 1)}
    found = [
        CpuCache(level=number, kind=kind, size_bytes=size, shared_by=shared.get(name, 1))
        for number, kind, name in _CACHES
        if (size := _count(values, f"{level}.{name}", 0))
    ]
    l3_bytes = _count(values, "hw.l3cachesize", 0)
    if l3_bytes:
        sharing = _count(values, "hw.logicalcpu", 1)
        found.append(CpuCache(level=3, kind="unified", size_bytes=l3_bytes, shared_by=sharing))
    return tuple(found)


def _count(values: dict[str, str], name: str, default: int) -> int:
    return parse_count(values.get(name, "")) or default
