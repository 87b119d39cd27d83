import pytest

from harness.errors import UsageError
from harness.plan.thread import choose_jobs, choose_threads, describe_threads, refuse_crowd, warn_threads
from harness.records.node import Cores
from tests import factory
from tests.unit.build.test_build_isa import NODES, load_cpu

NAMES = sorted(path.name for path in NODES.iterdir() if path.is_dir())

CORES = Cores(
    logical=8, physical=4, affinity=8, usable_physical=4, threads_per_core=2, fast=8, efficient=0, quota_cpus=None
)


@pytest.mark.parametrize(("usable", "threads"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_threads_are_four_at_most(usable: int, threads: int) -> None:
    assert choose_threads(CORES.replace(usable_physical=usable)) == threads


def test_threads_within_limits_need_no_word() -> None:
    assert warn_threads((1, 8), CORES) == ()
    assert warn_threads((), CORES) == ()
    assert warn_threads((2,), CORES.replace(quota_cpus=2.0)) == ()


def test_the_largest_count_is_held_against_every_limit() -> None:
    caveats = warn_threads((4, 9), CORES.replace(quota_cpus=2.5))
    assert [caveat.code for caveat in caveats] == ["threads-over-cpus", "threads-over-quota"]
    assert caveats[0].message.startswith("9 threads on 8 usable CPUs")
    assert "2.5 CPUs" in caveats[1].message


SMT = "16 CPUs, 8 cores, SMT"
SENTENCES = {
    "amd-zen2-desktop": f"2 threads: one per physical core that this process may use; {SMT}, affinity allows 3",
    "apple-m1": (
        "4 threads: one per fast physical core that this process may use; "
        "8 CPUs, 8 cores, no SMT, 4 fast CPUs and 4 efficient"
    ),
    "arm-neoverse-v1-cloud": (
        "4 threads: whisper.cpp's default, fewer than the 8 physical cores that this process may use; "
        "8 CPUs, 8 cores, no SMT"
    ),
    "arm-two-core-kinds": (
        "4 threads: one per fast physical core that this process may use; "
        "8 CPUs, 8 cores, no SMT, 4 fast CPUs and 4 efficient"
    ),
    "container-half-cpu": (
        "1 thread: the minimum, and more than the cgroup quota of 0.5 CPUs covers; "
        "4 CPUs, 2 cores, SMT, cgroup quota allows 0.5"
    ),
    "intel-amx-guest": "2 threads: one per physical core that this process may use; 2 CPUs, 2 cores, no SMT",
    "intel-avx512-server": (
        f"4 threads: one per physical core of one NUMA node that this process may use; {SMT}, 2 NUMA nodes"
    ),
    "intel-hybrid-laptop": (
        "4 threads: one per fast physical core that this process may use; "
        "16 CPUs, 12 cores, SMT, 8 fast CPUs and 8 efficient"
    ),
    "intel-mac-guest": (
        "4 threads: whisper.cpp's default, fewer than the 6 physical cores that this process may use; "
        "12 CPUs, 6 cores, SMT"
    ),
    "pod-nested-cgroup-v1": (
        "2 threads: one per CPU that the cgroup quota covers in full; 8 CPUs, 4 cores, SMT, cgroup quota allows 2.5"
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_default_is_explained_on_every_cpu_and_never_refused(name: str) -> None:
    cores = load_cpu(name).cores
    default = choose_threads(cores)
    assert describe_threads((default,), cores) == SENTENCES[name]
    refuse_crowd((default,), cores)


@pytest.mark.parametrize("name", NAMES)
def test_more_threads_than_cpus_are_refused_on_every_cpu(name: str) -> None:
    cores = load_cpu(name).cores
    limit = int(min(cores.affinity, cores.quota_cpus or cores.affinity))
    refuse_crowd((1, max(1, limit)), cores)
    with pytest.raises(UsageError, match=f"^{cores.affinity + 1} threads on {cores.affinity} usable CPUs") as refused:
        refuse_crowd((1, cores.affinity + 1), cores)
    assert refused.value.hint == f"--threads {cores.usable_physical}  # or --force-threads to measure it anyway"


def test_a_quota_refuses_what_affinity_would_allow() -> None:
    cores = load_cpu("pod-nested-cgroup-v1").cores
    with pytest.raises(UsageError, match=r"^3 threads on a cgroup quota of 2\.5 CPUs"):
        refuse_crowd((3,), cores)


@pytest.mark.parametrize(
    ("name", "threads", "begin"),
    [
        ("intel-hybrid-laptop", (16,), "16 threads: more than the 4 fast physical cores that this process may use;"),
        ("intel-mac-guest", (1, 8), "up to 8 threads: more than the 6 physical cores that this process may use;"),
        ("intel-amx-guest", (3,), "3 threads: more than the 2 CPUs that this process may use;"),
        ("pod-nested-cgroup-v1", (3,), "3 threads: more than the cgroup quota of 2.5 CPUs covers;"),
        ("pod-nested-cgroup-v1", (1,), "1 thread: fewer than the 2 CPUs that the cgroup quota covers in full;"),
    ],
)
def test_other_numbers_are_judged(name: str, threads: tuple[int, ...], begin: str) -> None:
    assert describe_threads(threads, load_cpu(name).cores).startswith(begin)


def test_affinity_to_efficient_cores_calls_them_not_fast() -> None:
    cores = load_cpu("intel-hybrid-laptop").cores.replace(affinity=4)
    assert describe_threads((4,), cores) == (
        "4 threads: one per physical core of the fastest kind that this process may use; "
        "16 CPUs, 12 cores, SMT, 8 fast CPUs and 8 efficient, affinity allows 4"
    )


def test_one_cpu() -> None:
    cores = CORES.replace(logical=1, physical=1, affinity=1, usable_physical=1, threads_per_core=1, fast=1)
    assert (
        describe_threads((1,), cores)
        == "1 thread: the one physical core that this process may use; 1 CPU, 1 core, no SMT"
    )


def test_as_many_compilers_as_cpus_and_memory_allow() -> None:
    node = factory.node()
    cores = node.cpu.cores
    assert choose_jobs(node) == 4
    assert choose_jobs(node.replace(memory_bytes=4 << 30)) == 2
    assert choose_jobs(node.replace(memory_bytes=1 << 30)) == 1
    assert choose_jobs(node.replace(cpu=node.cpu.replace(cores=cores.replace(quota_cpus=1.5)))) == 1
