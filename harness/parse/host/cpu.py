"""The processor behind a capture, and the CPUs that a process may be pinned to, core by core."""

from collections import Counter

from harness.parse.host.arm import name_cores, name_vendor
from harness.parse.host.capture import Capture, parse_cpu_list
from harness.parse.host.sysctl import parse_mac_cpu
from harness.parse.host.topology import parse_caches, parse_cores, parse_topology
from harness.records.node import Cpu

CPUINFO = "/proc/cpuinfo"
# x86 says `flags`, Arm and LoongArch `Features`, s390x `features`, RISC-V `isa` with its extensions after underscores.
_FEATURE_KEYS = ("flags", "Features", "features", "isa")
# x86 and some Arm kernels, PowerPC, RISC-V, LoongArch.
_BRAND_KEYS = ("model name", "cpu", "uarch", "Model Name", "cpu model")
# What hypervisors and old kernels write where a name should stand.
_NO_BRANDS = ("", "unknown", "common kvm processor")


def parse_cpu(capture: Capture) -> Cpu:
    """Return the CPU; what the capture does not say is empty, and counts are at least 1.

    `brand` and `microarchitecture` in the capture come from other programs: the first is used if the system gives no
    name, the second is a label and never a source of features.
    """
    if "sysctl" in capture:
        return parse_mac_cpu(capture)
    blocks = parse_blocks(capture.get(CPUINFO, ""))
    first: dict[str, str] = {}
    for block in blocks:  # some systems say what all CPUs have in common in one block
        first = block | first
    return Cpu(
        arch=capture.get("machine", "").strip(),
        vendor=first.get("vendor_id", "") or name_vendor(first.get("CPU implementer", "")),
        brand=parse_brand(blocks) or " ".join(capture.get("brand", "").split()),
        microarchitecture=capture.get("microarchitecture", "").strip(),
        features=_features(first, blocks),
        cores=parse_cores(capture, blocks),
        caches=parse_caches(capture),
    )


def parse_brand(blocks: list[dict[str, str]]) -> str:
    """Return the name of the processor from its system; empty if there is no meaningful one."""
    for key in _BRAND_KEYS:
        for block in blocks:
            brand = " ".join(block.get(key, "").split())
            if brand.lower() not in _NO_BRANDS and not brand.isdecimal() and "v8l" not in brand:
                return brand
    return name_cores(blocks)


def parse_blocks(text: str) -> list[dict[str, str]]:
    """Return `/proc/cpuinfo` as one dictionary per paragraph, values stripped."""
    blocks = []
    for paragraph in text.split("\n\n"):
        pairs = (line.partition(":") for line in paragraph.splitlines())
        block = {key.strip(): value.strip() for key, colon, value in pairs if colon}
        if block:
            blocks.append(block)
    return blocks


def rank_cores(capture: Capture) -> tuple[tuple[int, ...], ...]:
    """Return the usable CPUs of each physical core, the best core first.

    Cores of the fastest class come before the others, and those of the NUMA node with most of them before the rest. The
    core of CPU 0 is the last of its class, because by default it handles interrupts and the kernel's own work.
    """
    cores = parse_topology(capture, list(parse_blocks(capture.get(CPUINFO, ""))))
    online = frozenset[int]().union(*(core.cpus for core in cores))
    affinity = parse_cpu_list(capture.get("affinity", "")) & online or online
    usable = [core for core in cores if core.cpus & affinity]
    fast_on = Counter(core.numa_node for core in usable if core.fast)
    ranked = sorted(
        usable,
        key=lambda core: (
            not core.fast,
            -fast_on[core.numa_node],
            core.numa_node,
            0 in core.cpus,
            min(core.cpus),
        ),
    )
    return tuple(tuple(sorted(core.cpus & affinity)) for core in ranked)


def _features(first: dict[str, str], blocks: list[dict[str, str]]) -> tuple[str, ...]:
    key = next((key for key in _FEATURE_KEYS if key in first), "")
    sets = [
        set(block[key].lower().replace("_", " ").split()) if key == "isa" else set(block[key].lower().split())
        for block in blocks
        if key in block
    ]
    # A thread may move to any CPU, so only what all of them have counts.
    return tuple(sorted(set.intersection(*sets))) if sets else ()
