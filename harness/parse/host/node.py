"""The machine behind a capture: operating system, memory, hypervisor, container."""

import re

from harness.errors import UsageError
from harness.parse.host.capture import Capture
from harness.parse.host.cgroup import CGROUP, parse_memory_limit
from harness.parse.host.cpu import CPUINFO, parse_cpu
from harness.parse.host.sysctl import parse_sysctl
from harness.parse.notation import parse_count
from harness.records.node import Node

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
MEMINFO = "/proc/meminfo"
DMI = "/sys/class/dmi/id"
CLOCKSOURCE = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
HYPERVISOR = ("/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible")
CONTAINER_FILES = (("/.dockerenv", "docker"), ("/run/.containerenv", "podman"))

# As systemd reads them (src/basic/virt.c); the first match wins.
_DMI_NAMES = (
    ("KVM", "KVM"),
    ("OpenStack", "KVM"),
    ("KubeVirt", "KVM"),
    ("Amazon EC2", "Amazon EC2"),
    ("QEMU", "QEMU"),
    ("VMware", "VMware"),
    ("VMW", "VMware"),
    ("innotek GmbH", "VirtualBox"),
    ("VirtualBox", "VirtualBox"),
    ("Xen", "Xen"),
    ("Bochs", "Bochs"),
    ("Parallels", "Parallels"),
    ("BHYVE", "bhyve"),
    ("Virtual Machine", "Hyper-V"),
    ("Apple Virtualization", "Apple Virtualization"),
    ("Google Compute Engine", "Google Compute Engine"),
    ("Alibaba Cloud ECS", "Alibaba Cloud"),
    ("DigitalOcean", "DigitalOcean"),
)
_CLOCKS = (("kvm-clock", "KVM"), ("hyperv", "Hyper-V"), ("xen", "Xen"))
_NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CONTAINER_GROUPS = (("kubepods", "kubernetes"), ("/docker", "docker"), ("/libpod", "podman"), ("/lxc", "lxc"))


def parse_node(name: str, capture: Capture) -> Node:
    """Return the node; an empty `name` becomes the host name of the capture.

    Raises UsageError for a name that cannot be that of a folder. `memory_bytes` is the RAM, or the cgroup's limit if
    that is lower.
    """
    if name and not _NODE_NAME.fullmatch(name):
        raise UsageError(f"not a name for a node: {name!r}", hint="letters, digits, dots, dashes, underscores")
    limit = parse_memory_limit(capture)
    memory_bytes = _memory_bytes(capture)
    return Node(
        name=name or choose_node_name(capture.get("hostname", "")),
        cpu=parse_cpu(capture),
        os=_os(capture),
        kernel=capture.get("release", "").strip(),
        memory_bytes=min(memory_bytes, limit) if limit else memory_bytes,
        hypervisor=parse_hypervisor(capture),
        container=parse_container(capture),
        python=capture.get("python", "").strip(),
    )


def choose_node_name(hostname: str) -> str:
    """Return `hostname` in lower case with only `a-z0-9.-`, as a folder name; `node` if nothing remains."""
    return re.sub(r"[^a-z0-9.-]+", "-", hostname.strip().lower()).strip(".-") or "node"


def parse_os_release(text: str) -> dict[str, str]:
    """Return the assignments of an os-release(5) file, unquoted."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, equals, value in pairs if equals}


def parse_hypervisor(capture: Capture) -> str:
    """Return the name of the hypervisor, `unknown` if only the CPU reports one, or an empty string on bare metal.

    The most specific source wins: DMI names the product, clock sources the interface that the kernel uses.
    """
    if "microsoft" in capture.get("release", "").lower():
        return "WSL"
    product = capture.get(f"{DMI}/product_name", "").strip()
    dmi = [capture.get(f"{DMI}/{key}", "").strip() for key in ("sys_vendor", "board_vendor", "bios_vendor")]
    if product.endswith(".metal"):  # cloud hardware without a hypervisor carries the cloud's vendor name
        return ""
    for start, name in _DMI_NAMES:
        if any(text.startswith(start) for text in (product, *dmi)):
            return name
    return _hypervisor_of_kernel(capture)


def parse_container(capture: Capture) -> str:
    """Return `docker`, `podman`, `kubernetes` or `lxc`; empty outside a container."""
    groups = capture.get(CGROUP, "")
    named = [name for part, name in _CONTAINER_GROUPS if part in groups]
    marked = [name for path, name in CONTAINER_FILES if path in capture]
    return next(iter((*named, *marked)), "")


def _hypervisor_of_kernel(capture: Capture) -> str:
    types = [capture.get(path, "").strip("\0\n ") for path in HYPERVISOR]
    kind = next((text for text in types if text), "")
    if kind:
        return {"xen": "Xen", "linux,kvm": "KVM"}.get(kind, kind)
    clocks = capture.get(CLOCKSOURCE, "")
    named = [name for part, name in _CLOCKS if part in clocks]
    flagged = " hypervisor " in capture.get(CPUINFO, "")
    guest = parse_sysctl(capture.get("sysctl", "")).get("kern.hv_vmm_present") == "1"
    return next(iter(named), "unknown" if flagged or guest else "")


def _os(capture: Capture) -> str:
    version = parse_sysctl(capture.get("sysctl", "")).get("kern.osproductversion")
    if version:
        return f"macOS {version}"
    texts = [parse_os_release(capture.get(path, "")).get("PRETTY_NAME", "") for path in OS_RELEASE]
    return next((text for text in texts if text), capture.get("system", "").strip())


def _memory_bytes(capture: Capture) -> int:
    total = re.search(r"^MemTotal:\s*([0-9]{1,15}) kB", capture.get(MEMINFO, ""), re.MULTILINE)
    if total:
        return int(total[1]) * 1024
    values = parse_sysctl(capture.get("sysctl", ""))
    return parse_count(values.get("hw.memsize") or capture.get("memory_bytes", "")) or 0
