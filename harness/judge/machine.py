"""What a machine is, fact by fact: another name alone does not make it another machine."""

import math
from typing import Protocol

from harness.records.build import Toolchain
from harness.records.node import Node
from harness.records.raw_history import MachineFacts

_GIB = 1 << 30
# Half a doubling: what the kernel and the firmware keep of memory differs from boot to boot.
_STEPS = 2


class HostedRun(Protocol):
    """A run, or as much of one as is needed to know where it was measured and with which compiler."""

    @property
    def node(self) -> Node:
        """The machine."""

    @property
    def toolchain(self) -> Toolchain:
        """The tools as they were found."""


def describe_machine(run: HostedRun) -> MachineFacts:
    """Return the facts about a machine that numbers depend on, each with its name; what is not known is left out.

    The name of the node is not one of them.
    """
    node, cores = run.node, run.node.cpu.cores
    compilers = dict.fromkeys(f"{tool.name} {tool.version}".strip() for tool in (run.toolchain.cc, run.toolchain.cxx))
    facts = (
        ("CPU", " ".join(node.cpu.brand.split())),
        ("microarchitecture", node.cpu.microarchitecture),
        ("features", " ".join(node.cpu.features)),
        ("physical cores", str(cores.physical or "")),
        ("logical CPUs", str(cores.logical or "")),
        ("usable CPUs", str(cores.affinity or "")),
        ("CPU quota", "" if cores.quota_cpus is None else f"{cores.quota_cpus:g}"),
        ("memory", _name_memory(node.memory_bytes)),
        ("hypervisor", node.hypervisor),
        ("operating system", node.os),
        ("kernel", node.kernel),
        ("compiler", ", ".join(filter(None, compilers))),
    )
    return tuple((name, value) for name, value in facts if value)


def _name_memory(size_bytes: int) -> str:
    if size_bytes <= 0:
        return ""
    doublings = round(_STEPS * math.log2(size_bytes / _GIB)) / _STEPS
    return f"about {2**doublings:.3g} GiB"
