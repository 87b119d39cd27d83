"""The CPU quota of a process: what a container may use, however many CPUs it sees.

A child group cannot have more than its parents, so every level up to the mount counts, and the smallest wins.
Formats: cgroups(7), proc(5) for mountinfo, and the kernel's cgroup-v1/v2 documents.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from harness.parse.host.capture import Capture
from harness.parse.notation import parse_count

CGROUP = "/proc/self/cgroup"
MOUNTINFO = "/proc/self/mountinfo"
_FILES = {2: ("cpu.max", "memory.max"), 1: ("cpu.cfs_quota_us", "cpu.cfs_period_us", "memory.limit_in_bytes")}
# cgroup v1 writes "no limit" as the largest multiple of the page size below 2^63.
_NO_LIMIT_BYTES = 1 << 60
_LIMITING = frozenset({"cpu", "memory"})
_FREEZER = "freezer"
# Linux 6.18 or newer has it.
_FROZEN_COUNT = "cgroup.stat.local"
_FREEZER_FILES = {2: "cgroup.events", 1: "freezer.state"}


def list_limit_files(capture: Capture) -> tuple[str, ...]:
    """Return the files that may hold a CPU or memory limit of the process behind `capture`, outermost first."""
    return tuple(str(folder / name) for version, folder in _folders(capture) for name in _FILES[version])


def list_throttle_files(capture: Capture) -> tuple[str, ...]:
    """Return the files that count how often a quota above the process behind `capture` was used up."""
    return tuple(dict.fromkeys(str(folder / "cpu.stat") for _, folder in _folders(capture)))


def list_freezer_files(capture: Capture) -> tuple[str, ...]:
    """Return the files that say whether the process behind `capture` is frozen; there may be one in each version.

    Each describes the process's own group, which is frozen together with those above it.
    """
    leaves = dict(_folders(capture, frozenset({_FREEZER})))  # the last of each version is the innermost
    return tuple(str(folder / _FREEZER_FILES[version]) for version, folder in leaves.items())


def find_frozen_count(capture: Capture) -> str:
    """Return the file that counts how long the group of the process behind `capture` was frozen; empty without v2."""
    leaves = dict(_folders(capture, frozenset()))
    return str(leaves[2] / _FROZEN_COUNT) if 2 in leaves else ""


def parse_frozen_s(text: str) -> float | None:
    """Return the seconds for which a group was frozen, by itself or with one above it (`cgroup.stat.local`)."""
    words = next((line.split() for line in text.splitlines() if line.startswith("frozen_usec ")), [])
    count = parse_count(words[1]) if len(words) == 2 else None
    return None if count is None else count / 1e6


def is_frozen(text: str) -> bool:
    """Return whether `cgroup.events` (v2) or `freezer.state` (v1) says that a group is frozen."""
    return "frozen 1" in text.splitlines() or text.strip() == "FROZEN"


def parse_quota(capture: Capture) -> float | None:
    """Return the CPU quota in CPUs, the smallest over all levels; None without one."""
    quotas = [quota for _, folder in _folders(capture) for quota in _quotas(capture, str(folder))]
    return min(quotas, default=None)


def parse_memory_limit(capture: Capture) -> int | None:
    """Return the memory limit in bytes, the smallest over all levels; None without one."""
    files = [file for file in list_limit_files(capture) if "/memory." in file]
    limits = (parse_count(capture.get(file, "")) for file in files)
    return min((limit for limit in limits if limit and limit < _NO_LIMIT_BYTES), default=None)


def _quotas(capture: Capture, folder: str) -> Iterator[float]:
    pairs = (
        capture.get(f"{folder}/cpu.max", "").split(),
        [capture.get(f"{folder}/cpu.cfs_{name}_us", "").strip() for name in ("quota", "period")],
    )
    for pair in pairs:
        # No limit is `max` in v2 and -1 in v1: neither is a count.
        quota, period = map(parse_count, pair) if len(pair) == 2 else (None, None)
        if quota is not None and period:
            yield quota / period


def _folders(capture: Capture, wanted: frozenset[str] = _LIMITING) -> Iterator[tuple[int, PurePosixPath]]:
    """Yield version and folder of every level, from the mount down to the process's own group."""
    paths = dict(_paths(capture.get(CGROUP, "")))
    for line in capture.get(MOUNTINFO, "").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        for controller in _controllers(kind[0], kind[2], wanted):
            if controller in paths:
                yield from _levels(2 if controller == "" else 1, fields[3], fields[4], paths[controller])


def _paths(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):  # v2 names none, which splits into one empty word
            yield controller, path


def _controllers(kind: str, options: str, wanted: frozenset[str]) -> tuple[str, ...]:
    if kind == "cgroup2":
        return ("",)
    return tuple(wanted & set(options.split(","))) if kind == "cgroup" else ()


def _levels(version: int, root: str, mount: str, path: str) -> Iterator[tuple[int, PurePosixPath]]:
    """Yield the mount point and every folder below it on the way to `path`.

    Without a cgroup namespace a container sees its host's paths while the mount shows only `root`.
    """
    below = PurePosixPath(path)
    if root != "/" and below.is_relative_to(root):
        below = PurePosixPath("/") / below.relative_to(root)
    elif root != "/" or ".." in below.parts:
        below = PurePosixPath("/")
    folder = PurePosixPath(mount)
    yield version, folder
    for part in below.parts[1:]:
        folder /= part
        yield version, folder
