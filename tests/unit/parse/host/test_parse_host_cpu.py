import pytest

from harness.parse.host.arm import name_cores, name_vendor
from harness.parse.host.cpu import parse_blocks, parse_brand, parse_cpu, rank_cores
from harness.parse.host.topology import CpuCore, count_usable, parse_cores, parse_topology
from harness.plan.placement import choose_cpus


def test_features_are_those_that_all_cpus_share() -> None:
    text = "processor: 0\nFeatures: fp asimd sve\n\nprocessor: 1\nFeatures: fp asimd\n"
    assert parse_cpu({"/proc/cpuinfo": text}).features == ("asimd", "fp")


def test_riscv_extensions_are_split() -> None:
    text = "processor : 0\nisa : rv64imafdcv_zfh_zvfh\nuarch : spacemit,x60\n"
    cpu = parse_cpu({"/proc/cpuinfo": text, "machine": "riscv64"})
    assert cpu.brand == "spacemit,x60"
    assert cpu.features == ("rv64imafdcv", "zfh", "zvfh")


def test_power_names_its_cpu() -> None:
    text = "processor\t: 0\ncpu\t\t: POWER9 (raw), altivec supported\n\ntimebase\t: 512000000\nplatform\t: PowerNV\n"
    cpu = parse_cpu({"/proc/cpuinfo": text, "machine": "ppc64le"})
    assert cpu.brand == "POWER9 (raw), altivec supported"
    assert cpu.cores.logical == 1


@pytest.mark.parametrize("model", ["", "unknown", "ARMv8 Processor rev 3 (v8l)"])
def test_brand_that_names_nothing_gives_way_to_the_part(model: str) -> None:
    blocks = [{"model name": model, "CPU implementer": "0x41", "CPU part": "0xd08"}]
    assert parse_brand(blocks) == "Arm Cortex-A72"


def test_brand_of_other_programs_serves_where_the_system_gives_none() -> None:
    assert parse_cpu({"/proc/cpuinfo": "processor : 0\n", "brand": " Foo  3 "}).brand == "Foo 3"


def test_unknown_arm_numbers_are_shown_as_they_are() -> None:
    assert name_vendor("0x7f") == "0x7f"
    assert name_cores([{"CPU implementer": "0x41", "CPU part": "0xfff"}]) == "Arm part 0xfff"
    assert name_cores([{"CPU implementer": "odd", "CPU part": "odd"}]) == "odd part odd"


def test_blocks_survive_values_with_colons_and_empty_ones() -> None:
    assert parse_blocks("a : b: c\npower management:\n\n\n\nd: e") == [
        {"a": "b: c", "power management": ""},
        {"d": "e"},
    ]


def core(first: int, *, fast: bool = True, numa_node: int = 0) -> CpuCore:
    return CpuCore(cpus=frozenset({first, first + 100}), fast=fast, numa_node=numa_node)


ALL = frozenset(range(200))


def test_usable_cores_are_on_one_numa_node() -> None:
    cores = [core(0), core(1), core(2, numa_node=1), core(3, numa_node=1), core(4, numa_node=1)]
    assert count_usable(cores, ALL, None) == 3


def test_one_sibling_in_the_affinity_makes_its_core_usable_once() -> None:
    assert count_usable([core(0), core(1)], frozenset({0, 100}), None) == 1
    assert count_usable([core(0), core(1)], frozenset({100, 1}), None) == 2


def test_efficient_cores_count_only_where_nothing_faster_is_allowed() -> None:
    cores = [core(0), core(1, fast=False), core(2, fast=False)]
    assert count_usable(cores, ALL, None) == 1
    assert count_usable(cores, frozenset({1, 2}), None) == 2


@pytest.mark.parametrize(("quota", "usable"), [(0.5, 1), (1.0, 1), (2.9, 2), (3.0, 3), (64.0, 3), (None, 3)])
def test_quota_rounds_down_but_not_to_nothing(quota: float | None, usable: int) -> None:
    assert count_usable([core(0), core(1), core(2)], ALL, quota) == usable


def test_cpus_that_are_offline_are_not_counted() -> None:
    capture = {
        "/sys/devices/system/cpu/online": "0-1\n",
        "/sys/devices/system/cpu/cpu0/topology/core_cpus_list": "0,2\n",
        "/sys/devices/system/cpu/cpu1/topology/core_cpus_list": "1,3\n",
    }
    assert [sorted(core.cpus) for core in parse_topology(capture, [])] == [[0], [1]]


def test_one_hybrid_class_alone_is_no_hybrid() -> None:
    capture = {"/sys/devices/system/cpu/online": "0-3", "/sys/devices/cpu_core/cpus": "0-1"}
    assert all(core.fast for core in parse_topology(capture, []))


def amd(*performance: int) -> dict[str, str]:
    """Return what sysfs has of cores of one thread each, which differ by `highest_perf` alone."""
    cpu = "/sys/devices/system/cpu"
    files = {f"{cpu}/cpu{n}/acpi_cppc/highest_perf": f"{one}\n" for n, one in enumerate(performance)}
    return {f"{cpu}/online": f"0-{len(performance) - 1}\n", **files}


@pytest.mark.parametrize(
    ("performance", "fast"),
    [
        ((166, 166, 128, 128, 128), (0, 1)),
        ((128, 128, 166, 128), (2,)),
        ((208, 203, 198, 196, 121, 121, 121, 121), (0, 1, 2, 3)),
        ((236, 231, 226, 221, 216, 211, 206, 201, 196, 191, 186, 181), tuple(range(12))),  # preferred cores of one kind
        ((255, 255, 255, 255), (0, 1, 2, 3)),
        ((0, 0, 0), (0, 1, 2)),
        ((166,), (0,)),
    ],
)
def test_compact_cores_of_amd_differ_by_their_highest_performance(
    performance: tuple[int, ...], fast: tuple[int, ...]
) -> None:
    cores = parse_topology(amd(*performance), [])
    assert tuple(min(core.cpus) for core in cores if core.fast) == fast
    counts = parse_cores(amd(*performance), [])
    assert (counts.fast, counts.efficient) == (len(fast), len(performance) - len(fast))
    assert counts.usable_physical == len(fast)


def test_pinning_takes_the_fast_cores_of_amd_first() -> None:
    ranking = rank_cores(amd(128, 128, 166, 166))
    assert choose_cpus("auto", ranking, 2) == (2, 3)
    assert choose_cpus("auto", ranking, 3) == (1, 2, 3)


def test_capacities_count_before_performance() -> None:
    cpu = "/sys/devices/system/cpu"
    capacities = {f"{cpu}/cpu{n}/cpu_capacity": "1024\n" for n in range(2)}
    assert all(core.fast for core in parse_topology(amd(166, 100) | capacities, []))


def test_loongarch_names_the_places_of_cores_by_other_words() -> None:
    blocks = [f"processor : {n}\npackage : {n // 4}\ncore : {n % 4 // 2}\nglobal_id : {n}" for n in range(8)]
    text = "system type : generic-loongson-machine\n\n" + "\n\n".join(blocks)
    cores = parse_cpu({"/proc/cpuinfo": text, "machine": "loongarch64"}).cores
    assert (cores.logical, cores.physical, cores.threads_per_core) == (8, 4, 2)
