"""How many threads a benchmark should use, and why."""

from collections.abc import Iterator, Sequence

from harness.errors import UsageError
from harness.records.caveat import Caveat, CaveatCode
from harness.records.node import Cores, Node
from harness.records.record import Record
from harness.records.wording import format_count

_DEFAULT = 4
_BYTES_PER_JOB = 1_500_000_000


class _Excess(Record):
    """A limit that a number of threads exceeds, and the effect of that."""

    code: CaveatCode
    what: str
    effect: str


def choose_threads(cores: Cores) -> int:
    """Return upstream's default of 4, or the number of usable physical cores if that is smaller.

    ggml's threads meet at a barrier after every operation, so a thread that shares a core, or runs on a slow one,
    delays all the others.
    """
    return min(_DEFAULT, cores.usable_physical)


def choose_jobs(node: Node) -> int:
    """Return the number of parallel compile jobs: the usable CPUs, or fewer if there is not enough memory."""
    cores = node.cpu.cores
    by_quota = int(cores.quota_cpus) if cores.quota_cpus else cores.affinity
    return max(1, min(cores.affinity, by_quota, node.memory_bytes // _BYTES_PER_JOB))


def describe_threads(threads: Sequence[int], cores: Cores) -> str:
    """Return a sentence that says how the largest of `threads` fits these cores, and what the limits are."""
    most = max(threads)
    number = f"{'up to ' if len(set(threads)) > 1 else ''}{format_count(most, 'thread')}"
    return f"{number}: {_judge(most, cores)}; {', '.join(_describe_cores(cores))}"


def warn_threads(threads: Sequence[int], cores: Cores) -> tuple[Caveat, ...]:
    """Return a caveat for each limit that the largest of `threads` exceeds: usable CPUs or cgroup quota."""
    return tuple(
        Caveat(code=one.code, message=f"{one.what}: {one.effect}")
        for one in _list_excesses(max(threads, default=0), cores)
    )


def refuse_crowd(threads: Sequence[int], cores: Cores) -> None:
    """Raise UsageError if the largest of `threads` exceeds the usable CPUs or the quota.

    A single thread is never refused, whatever the quota, because there is no smaller number.
    """
    most = max(threads, default=0)
    found = list(_list_excesses(most, cores)) if most > 1 else []
    if found:
        fewer = f"--threads {cores.usable_physical}"
        raise UsageError(
            "; ".join(one.what for one in found),
            cause=found[0].effect,
            hint=f"{fewer}  # or --force-threads to measure it anyway",
        )


def _list_excesses(most: int, cores: Cores) -> Iterator[_Excess]:
    if most > cores.affinity:
        yield _Excess(
            code=CaveatCode.THREADS_OVER_CPUS,
            what=f"{most} threads on {cores.affinity} usable CPUs",
            effect="threads that wait for a CPU hold up all others, which ruins timings",
        )
    if cores.quota_cpus is not None and most > cores.quota_cpus:
        yield _Excess(
            code=CaveatCode.THREADS_OVER_QUOTA,
            what=f"{most} threads on a cgroup quota of {cores.quota_cpus:g} CPUs",
            effect="the kernel throttles them, which ruins timings",
        )


def _judge(most: int, cores: Cores) -> str:
    """Return how a number of threads fits the node: above a limit, above the good cores, just right, or below."""
    least = "the minimum, and " if most == 1 else ""
    if most > cores.affinity:
        return f"more than the {format_count(cores.affinity, 'CPU')} that this process may use"
    if cores.quota_cpus is not None and most > cores.quota_cpus:
        return f"{least}more than the cgroup quota of {cores.quota_cpus:g} CPUs covers"
    best, place = cores.usable_physical, _describe_best(cores)
    if most == best:
        return f"{'one per' if most > 1 else 'the one'} {place[0]} {place[1]}"
    if most > best:
        return f"more than the {format_count(best, place[0])} {place[1]}"
    default = "whisper.cpp's default, " if most == _DEFAULT else ""
    return f"{default}fewer than the {format_count(best, place[0])} {place[1]}"


def _describe_best(cores: Cores) -> tuple[str, str]:
    """Return what `usable_physical` counts, as a noun and the words after it."""
    if cores.quota_cpus is not None and int(cores.quota_cpus) == cores.usable_physical:
        return "CPU", "that the cgroup quota covers in full"
    narrowed = cores.affinity < cores.logical  # to fast ones or to efficient ones: the counts do not tell
    noun = "fast physical core" if cores.efficient and not narrowed else "physical core"
    kind = "of the fastest kind " if cores.efficient and narrowed else ""
    node = "of one NUMA node " if cores.numa_nodes > 1 else ""
    return noun, f"{kind}{node}that this process may use"


def _describe_cores(cores: Cores) -> Iterator[str]:
    """Yield the numbers of CPUs and cores, and the limits of their use."""
    yield format_count(cores.logical, "CPU")
    yield format_count(cores.physical, "core")
    yield "SMT" if cores.threads_per_core > 1 else "no SMT"
    if cores.numa_nodes > 1:
        yield f"{cores.numa_nodes} NUMA nodes"
    if cores.efficient:
        yield f"{format_count(cores.fast, 'fast CPU')} and {cores.efficient} efficient"
    if cores.affinity < cores.logical:
        yield f"affinity allows {cores.affinity}"
    if cores.quota_cpus is not None:
        yield f"cgroup quota allows {cores.quota_cpus:g}"
