"""How many threads a benchmark does well to use, and why."""

from collections.abc import Iterator, Sequence

from harness.errors import UsageError
from harness.records.caveat import Caveat, CaveatCode
from harness.records.node import Cores, Node
from harness.records.record import Record
from harness.records.wording import format_count

_DEFAULT = 4
_BYTES_PER_JOB = 1_500_000_000


class _Excess(Record):
    """A limit that a number of threads exceeds: which, and what comes of it."""

    code: CaveatCode
    what: str
    effect: str


def choose_threads(cores: Cores) -> int:
    """Return upstream's default of 4, or fewer where fewer physical cores can be used.

    ggml's threads meet at a barrier after every operation, so one that shares a core, or sits on a slow one, delays
    all of them.
    """
    return min(_DEFAULT, cores.usable_physical)


def choose_jobs(node: Node) -> int:
    """Return how many compilers run at once: the usable CPUs, as far as memory allows."""
    cores = node.cpu.cores
    by_quota = int(cores.quota_cpus) if cores.quota_cpus else cores.affinity
    return max(1, min(cores.affinity, by_quota, node.memory_bytes // _BYTES_PER_JOB))


def describe_threads(threads: Sequence[int], cores: Cores) -> str:
    """Return one sentence: what the largest of `threads` means on these cores, then what the limits are."""
    most = max(threads)
    number = f"{'up to ' if len(set(threads)) > 1 else ''}{format_count(most, 'thread')}"
    return f"{number}: {_judge(most, cores)}; {', '.join(_describe_cores(cores))}"


def warn_threads(threads: Sequence[int], cores: Cores) -> tuple[Caveat, ...]:
    """Return a caveat for each limit that the largest of `threads` exceeds: usable CPUs, cgroup quota."""
    return tuple(
        Caveat(code=one.code, message=f"{one.what}: {one.effect}")
        for one in _list_excesses(max(threads, default=0), cores)
    )


def refuse_crowd(threads: Sequence[int], cores: Cores) -> None:
    """Raise UsageError where the largest of `threads` exceeds the usable CPUs or the quota.

    A single thread is never refused: there is no smaller number, whatever the quota.
    """
    most = max(threads, default=0)
    found = list(_list_excesses(most, cores)) if most > 1 else []
    if found:
        fewer = f"--threads {cores.usable_physical}"
        raise UsageError(
            "; ".join(one.what for one in found),
            cause=found[0].effect,
            hint=f"{fewer}; to measure just that, --force-threads",
        )


def _list_excesses(most: int, cores: Cores) -> Iterator[_Excess]:
    if most > cores.affinity:
        yield _Excess(
            code=CaveatCode.THREADS_OVER_CPUS,
            what=f"{most} threads on {cores.affinity} usable CPUs",
            effect="they wait for each other, timings collapse",
        )
    if cores.quota_cpus is not None and most > cores.quota_cpus:
        yield _Excess(
            code=CaveatCode.THREADS_OVER_QUOTA,
            what=f"{most} threads on a cgroup quota of {cores.quota_cpus:g} CPUs",
            effect="they are throttled in turns",
        )


def _judge(most: int, cores: Cores) -> str:
    """Return how a number of threads fits: beyond a limit, beyond the good cores, just right, or fewer."""
    least = "the least there is, and " if most == 1 else ""
    if most > cores.affinity:
        return f"more than the {format_count(cores.affinity, 'CPU')} that this process may use"
    if cores.quota_cpus is not None and most > cores.quota_cpus:
        return f"{least}more than the cgroup quota of {cores.quota_cpus:g} CPUs pays for"
    best, place = cores.usable_physical, _describe_best(cores)
    if most == best:
        return f"{'one per' if most > 1 else 'the one'} {place[0]} {place[1]}"
    if most > best:
        return f"more than the {format_count(best, place[0])} {place[1]}"
    default = "whisper.cpp's default, " if most == _DEFAULT else ""
    return f"{default}fewer than the {format_count(best, place[0])} {place[1]}"


def _describe_best(cores: Cores) -> tuple[str, str]:
    """Return what `usable_physical` counts, as a noun and what stands behind it."""
    if cores.quota_cpus is not None and int(cores.quota_cpus) == cores.usable_physical:
        return "CPU", "that the cgroup quota pays for in full"
    narrowed = cores.affinity < cores.logical  # to fast ones or to efficient ones: the counts do not tell
    noun = "fast physical core" if cores.efficient and not narrowed else "physical core"
    kind = "of the fastest kind " if cores.efficient and narrowed else ""
    node = "of one NUMA node " if cores.numa_nodes > 1 else ""
    return noun, f"{kind}{node}that this process may use"


def _describe_cores(cores: Cores) -> Iterator[str]:
    """Yield what the CPUs are and what limits their use."""
    smt = cores.threads_per_core > 1
    said = f"{format_count(cores.logical, 'logical CPU' if smt else 'CPU')}"
    be = "are" if cores.logical > 1 else "is"
    said = f"{said} {be} {format_count(cores.physical, 'core')}{' with SMT' if smt else ''}"
    if cores.numa_nodes > 1:
        said = f"{said} on {cores.numa_nodes} NUMA nodes"
    yield said
    if cores.efficient:
        yield f"{format_count(cores.fast, 'CPU')} fast and {cores.efficient} efficient"
    if cores.affinity < cores.logical:
        yield f"its affinity allows {cores.affinity}"
    if cores.quota_cpus is not None:
        yield f"the cgroup quota allows {cores.quota_cpus:g}"
