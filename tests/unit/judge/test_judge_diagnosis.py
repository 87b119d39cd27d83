import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.judge.diagnosis import CacheSpace, diagnose, diagnose_counters
from harness.judge.node_fact import caveat_condition
from harness.judge.quietness import measure_quietness
from harness.parse.host.capture import parse_capture
from harness.parse.host.condition import parse_condition
from harness.parse.host.reading import parse_reading
from harness.records.condition import Condition, CounterAccess, Finding, FindingStatus, Quietness
from harness.records.node import Cores
from tests.factory import cores

QUIET = Path(__file__).parents[2] / "data" / "quiet"
NAMES = sorted(path.name for path in QUIET.iterdir() if path.is_dir())


def load(name: str) -> tuple[Quietness, Condition, dict[str, Any]]:
    before, after = (parse_capture((QUIET / name / f"{part}.txt").read_text()) for part in ("before", "after"))
    expected: dict[str, Any] = json.loads((QUIET / name / "expected.json").read_text())
    return measure_quietness(parse_reading(before), parse_reading(after)), parse_condition(after), expected


def look(
    seen: Quietness, condition: Condition, cores: Cores, threads: int, free_bytes: int = 9 << 30
) -> dict[str, Finding]:
    findings = diagnose(seen, condition, cores, CacheSpace(free_bytes), threads=threads)
    return {finding.topic: finding for finding in findings}


def named(findings: dict[str, Finding], fitness: FindingStatus) -> list[str]:
    return [topic for topic, finding in findings.items() if finding.fitness is fitness]


@pytest.mark.parametrize("name", NAMES)
def test_a_node_is_what_a_person_reads_in_its_captures(name: str) -> None:
    seen, condition, expected = load(name)
    for record, wanted in ((seen, expected["quietness"]), (condition, expected["condition"])):
        got = json.loads(msgspec.json.encode(record))
        assert {key: got[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_findings_and_caveats_follow(name: str) -> None:
    seen, condition, expected = load(name)
    cores = msgspec.convert(expected["cores"], Cores)
    findings = look(seen, condition, cores, expected["threads"])
    assert named(findings, FindingStatus.UNFIT) == expected["unfit"]
    assert named(findings, FindingStatus.UNKNOWN) == expected["unknown"]
    assert [one.code for one in caveat_condition(condition, cores, [expected["threads"]])] == expected["caveats"]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_unfit_says_why_and_what_to_do(name: str) -> None:
    seen, condition, expected = load(name)
    for finding in look(seen, condition, msgspec.convert(expected["cores"], Cores), expected["threads"]).values():
        unfit = finding.fitness is FindingStatus.UNFIT
        assert bool(finding.means) is unfit
        assert bool(finding.fix) is unfit
        assert finding.found


def test_fixes_are_commands_to_be_copied() -> None:
    seen, condition, expected = load("laptop-on-battery")
    findings = look(seen, condition, msgspec.convert(expected["cores"], Cores), 8)
    assert {topic: findings[topic].fix for topic in ("governor", "turbo", "swap", "power")} == {
        "governor": "sudo cpupower frequency-set -g performance",
        "turbo": "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo",
        "swap": "sudo swapoff -a",
        "power": "plug in the power supply",
    }
    assert findings["other processes"].fix == "harness run --wait-quiet 5m  # or end what is yours of these: 2200"
    assert "echo off | sudo tee /sys/devices/system/cpu/smt/control" in findings["SMT"].fix
    assert "Web Content (a) b 2200: 0.11" in findings["other processes"].found


def test_boost_of_amd_is_switched_the_other_way() -> None:
    boosted = Condition(turbo=True, turbo_switch="/sys/devices/system/cpu/cpufreq/boost")
    finding = look(Quietness(wall_s=1, cpus=4), boosted, cores(), 4)["turbo"]
    assert finding.fix == "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"


def test_a_node_that_tells_nothing_is_unknown_and_not_unfit() -> None:
    findings = look(Quietness(wall_s=1, cpus=1), Condition(), cores(1), 1)
    assert named(findings, FindingStatus.FIT) == ["threads", "disk space"]
    assert named(findings, FindingStatus.UNFIT) == []


@pytest.mark.parametrize(("governors", "fit"), [(("performance",), True), (("performance", "schedutil"), False)])
def test_one_slow_governor_is_enough(governors: tuple[str, ...], *, fit: bool) -> None:
    finding = look(Quietness(wall_s=1, cpus=4), Condition(governors=governors), cores(), 4)["governor"]
    assert (finding.fitness is FindingStatus.FIT) is fit


def test_a_full_disk_and_a_small_memory_are_unfit() -> None:
    findings = look(
        Quietness(wall_s=1, cpus=4), Condition(memory_available_bytes=1 << 30), cores(), 4, free_bytes=1 << 20
    )
    assert named(findings, FindingStatus.UNFIT) == ["memory", "disk space"]


def test_smt_is_unfit_only_where_threads_must_share() -> None:
    cores = Cores(logical=8, physical=4, affinity=8, usable_physical=4, threads_per_core=2, fast=8, efficient=0)
    fit = [look(Quietness(wall_s=1, cpus=8), Condition(smt=True), cores, n)["SMT"].fitness for n in (4, 5)]
    assert fit == [FindingStatus.FIT, FindingStatus.UNFIT]
    assert look(Quietness(wall_s=1, cpus=8), Condition(smt=False), cores, 5)["SMT"].fitness is FindingStatus.FIT


@pytest.mark.parametrize(
    ("access", "fitness", "found"),
    [
        (CounterAccess(available=("instructions", "cache_misses")), FindingStatus.FIT, "instructions, cache misses"),
        (CounterAccess(absent={"cycles": "not-allowed"}), FindingStatus.UNKNOWN, "kernel.perf_event_paranoid=2"),
        (CounterAccess(absent={"cycles": "no-counter"}), FindingStatus.UNKNOWN, "virtual machine"),
        (CounterAccess(absent={"cycles": "error-e2big"}), FindingStatus.UNKNOWN, "not available: error-e2big"),
        (CounterAccess(available=("cycles",), absent={"x": "no-counter"}), FindingStatus.FIT, "cycles"),
        (None, FindingStatus.UNKNOWN, "not available"),
    ],
)
def test_a_node_without_counters_is_not_unfit(access: CounterAccess | None, fitness: FindingStatus, found: str) -> None:
    finding = diagnose_counters(access)
    assert finding.fitness is fitness
    assert found in finding.found
