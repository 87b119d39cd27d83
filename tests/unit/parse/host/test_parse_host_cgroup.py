import pytest

from harness.parse.host.cgroup import (
    find_frozen_count,
    is_frozen,
    list_freezer_files,
    list_limit_files,
    parse_frozen_s,
    parse_memory_limit,
    parse_quota,
)

V2 = {
    "/proc/self/cgroup": "0::/a/b\n",
    "/proc/self/mountinfo": "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
}


def test_every_level_up_to_the_mount_is_asked() -> None:
    assert list_limit_files(V2) == (
        "/sys/fs/cgroup/cpu.max",
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/a/cpu.max",
        "/sys/fs/cgroup/a/memory.max",
        "/sys/fs/cgroup/a/b/cpu.max",
        "/sys/fs/cgroup/a/b/memory.max",
    )


@pytest.mark.parametrize(
    ("outer", "inner", "quota"),
    [
        ("max 100000", "max 100000", None),
        ("50000 100000", "max 100000", 0.5),
        ("max 100000", "150000 100000", 1.5),
        ("100000 50000", "800000 100000", 2.0),
        ("max", "", None),
        ("100000 0", "rubbish here", None),
    ],
)
def test_the_least_quota_of_all_levels_counts(outer: str, inner: str, quota: float | None) -> None:
    files = {"/sys/fs/cgroup/cpu.max": f"{outer}\n", "/sys/fs/cgroup/a/b/cpu.max": f"{inner}\n"}
    assert parse_quota(V2 | files) == quota


def test_memory_limit_is_the_least_and_the_largest_number_is_none() -> None:
    files = {"/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "2000\n"}
    assert parse_memory_limit(V2 | files) == 2000
    assert parse_memory_limit(V2 | {"/sys/fs/cgroup/memory.max": "9223372036854771712\n"}) is None


def test_group_outside_of_the_visible_mount_falls_back_to_the_mount() -> None:
    texts = {
        "/proc/self/cgroup": "3:cpu,cpuacct:/system.slice/x\n",
        "/proc/self/mountinfo": "30 20 0:26 /docker/1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n",
    }
    assert [file for file in list_limit_files(texts) if "quota" in file] == ["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"]


def test_group_above_the_namespace_falls_back_to_the_mount() -> None:
    texts = V2 | {"/proc/self/cgroup": "0::/../other\n"}
    assert list_limit_files(texts) == ("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/memory.max")


def test_without_cgroups_there_is_no_quota() -> None:
    assert list_limit_files({}) == ()
    assert parse_quota({}) is None
    assert parse_quota({"/proc/self/cgroup": "rubbish\n", "/proc/self/mountinfo": "a - b\n"}) is None


HYBRID = {
    "/proc/self/cgroup": "6:freezer:/docker/1\n0::/a/b\n",
    "/proc/self/mountinfo": V2["/proc/self/mountinfo"]
    + "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n",
}


def test_a_process_may_be_frozen_in_either_version() -> None:
    files = ("/sys/fs/cgroup/a/b/cgroup.events", "/sys/fs/cgroup/freezer/docker/1/freezer.state")
    assert list_freezer_files(HYBRID) == files
    assert list_freezer_files({}) == ()
    assert "freezer" not in "".join(list_limit_files(HYBRID))


@pytest.mark.parametrize(
    ("text", "frozen"),
    [
        ("populated 1\nfrozen 1\n", True),
        ("populated 1\nfrozen 0\n", False),
        ("FROZEN\n", True),
        ("THAWED\n", False),
        ("FREEZING\n", False),
        ("", False),
    ],
)
def test_what_a_freezer_says(text: str, *, frozen: bool) -> None:
    assert is_frozen(text) is frozen


def test_how_long_a_group_was_frozen() -> None:
    assert find_frozen_count(HYBRID) == "/sys/fs/cgroup/a/b/cgroup.stat.local"
    assert find_frozen_count({}) == ""
    assert parse_frozen_s("frozen_usec 1500000\n") == 1.5
    assert [parse_frozen_s(text) for text in ("", "frozen_usec x\n", "frozen_usec\n", "other 1\n")] == [None] * 4
