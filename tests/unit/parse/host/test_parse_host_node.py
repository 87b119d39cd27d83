import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.build.isa import list_runnable
from harness.parse.host.capture import parse_capture
from harness.parse.host.node import choose_node_name, parse_hypervisor, parse_node, parse_os_release

NODES = Path(__file__).parents[3] / "data" / "nodes"
NAMES = sorted(path.name for path in NODES.iterdir() if path.is_dir())


def load(name: str) -> dict[str, str]:
    return parse_capture((NODES / name / "capture.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_node_is_what_a_person_reads_in_its_capture(name: str) -> None:
    expected: dict[str, Any] = json.loads((NODES / name / "expected.json").read_text(encoding="utf-8"))
    node = parse_node("", load(name))
    cpu = node.cpu
    got = {
        **{key: getattr(node, key) for key in ("name", "os", "kernel", "memory_bytes", "hypervisor", "container")},
        **{key: getattr(cpu, key) for key in ("arch", "vendor", "brand", "microarchitecture")},
        "cores": msgspec.to_builtins(cpu.cores),
        "caches": [[cache.level, cache.kind, cache.size_bytes, cache.shared_by] for cache in cpu.caches],
        "isas": list(list_runnable(cpu)),
    }
    assert got == expected


@pytest.mark.parametrize("name", NAMES)
def test_counts_never_contradict_each_other(name: str) -> None:
    cores = parse_node("", load(name)).cpu.cores
    assert cores.fast + cores.efficient == cores.logical
    assert 1 <= cores.usable_physical <= cores.physical <= cores.logical
    assert cores.usable_physical <= cores.affinity <= cores.logical


def test_nothing_known_is_still_a_node() -> None:
    node = parse_node("", {})
    assert node.name == "node"
    assert node.cpu.features == ()
    assert (node.cpu.cores.logical, node.cpu.cores.usable_physical) == (1, 1)
    assert node.hypervisor == node.container == ""


def test_counts_of_the_system_serve_where_there_is_no_cpuinfo() -> None:
    node = parse_node("bsd", {"logical": "6", "memory_bytes": "1000", "system": "FreeBSD", "brand": "Some  CPU"})
    assert (node.cpu.cores.logical, node.memory_bytes, node.os, node.cpu.brand) == (6, 1000, "FreeBSD", "Some CPU")


def test_given_name_wins_over_the_host_name() -> None:
    assert parse_node("ci-1", {"hostname": "other"}).name == "ci-1"


@pytest.mark.parametrize(
    ("hostname", "name"),
    [("Build_07.Example.ORG\n", "build-07.example.org"), ("..", "node"), ("-a-", "a"), ("Ünï", "n"), ("", "node")],
)
def test_node_name_fits_a_folder(hostname: str, name: str) -> None:
    assert choose_node_name(hostname) == name


def test_os_release_is_unquoted() -> None:
    assert parse_os_release("# a=b\nID=\"rocky\"\nNAME='Rocky Linux'\n\n") == {"ID": "rocky", "NAME": "Rocky Linux"}


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        ({"/sys/class/dmi/id/sys_vendor": "QEMU\n"}, "QEMU"),
        ({"/sys/class/dmi/id/sys_vendor": "Microsoft Corporation", "/sys/class/dmi/id/product_name": "Surface"}, ""),
        (
            {
                "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
                "/sys/class/dmi/id/product_name": "Virtual Machine",
            },
            "Hyper-V",
        ),
        ({"/sys/class/dmi/id/sys_vendor": "Amazon EC2", "/sys/class/dmi/id/product_name": "c7g.metal"}, ""),
        ({"/sys/hypervisor/type": "xen\n"}, "Xen"),
        ({"/proc/device-tree/hypervisor/compatible": "linux,kvm\0"}, "KVM"),
        ({"release": "5.15.153.1-microsoft-standard-WSL2"}, "WSL"),
        ({"/proc/cpuinfo": "processor : 0\nflags : fpu hypervisor avx\n"}, "unknown"),
        ({"/proc/cpuinfo": "processor : 0\nflags : fpu avx\n"}, ""),
    ],
)
def test_hypervisor_is_the_most_specific_one_told(texts: dict[str, str], name: str) -> None:
    assert parse_hypervisor(texts) == name
