"""The settings of a node, from the texts of sysfs and procfs, or of `pmset` and `sysctl` on macOS.

Sources: the kernel's admin-guide (pm/cpufreq, pm/intel_pstate, mm/transhuge) and ABI documents (power supplies, thermal
zones, platform profile); pmset(1).
"""

import re
from collections.abc import Iterator

from harness.parse.host.capture import Capture
from harness.parse.host.node import MEMINFO
from harness.parse.host.sysctl import parse_sysctl
from harness.parse.host.topology import CPU
from harness.parse.notation import parse_count
from harness.records.condition import Condition

NO_TURBO = f"{CPU}/intel_pstate/no_turbo"
BOOST = f"{CPU}/cpufreq/boost"
SMT = f"{CPU}/smt/active"
HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"
PROFILE = "/sys/firmware/acpi/platform_profile"
# What `pmset -g batt`, `pmset -g` and `pmset -g therm` answer.
BATTERY, MODES, HEAT = "pmset-batt", "pmset", "pmset-therm"
CONDITION_FILES = (NO_TURBO, BOOST, SMT, HUGE_PAGES, PROFILE, MEMINFO)
CONDITION_PATTERNS = (
    f"{CPU}/cpu[0-9]*/cpufreq/scaling_governor",
    f"{CPU}/cpu[0-9]*/cpufreq/scaling_max_freq",
    f"{CPU}/cpu[0-9]*/cpufreq/cpuinfo_max_freq",
    f"{CPU}/cpu[0-9]*/cpufreq/scaling_cur_freq",
    "/sys/class/power_supply/*/type",
    "/sys/class/power_supply/*/scope",
    "/sys/class/power_supply/*/online",
    "/sys/class/power_supply/*/status",
    "/sys/class/thermal/thermal_zone[0-9]*/temp",
    "/sys/class/thermal/thermal_zone[0-9]*/trip_point_[0-9]*_temp",
    "/sys/class/thermal/thermal_zone[0-9]*/trip_point_[0-9]*_type",
)
# At these a zone slows the CPU down; `active` starts a fan.
_SLOWING = ("passive", "hot", "critical")
_SANE_MILLI_C = range(-40_000, 150_000)
_UNIT_BYTES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def parse_condition(capture: Capture) -> Condition:
    """Return the settings of the node behind `capture`."""
    turbo, switch = _turbo(capture)
    hottest_c, margin_c = _heat(capture)
    total, used = _swap(capture)
    clocks = _numbers(capture, "cpufreq/scaling_cur_freq").values()
    return Condition(
        governors=tuple(sorted({text.strip() for _, text in _cpus(capture, "cpufreq/scaling_governor")})),
        turbo=turbo,
        turbo_switch=switch,
        frequency_cap=_cap(capture),
        clock_mhz=max(clocks) / 1000 if clocks else None,
        on_battery=_on_battery(capture),
        profile=_profile(capture),
        hottest_c=hottest_c,
        heat_margin_c=margin_c,
        swap_total_bytes=total,
        swap_used_bytes=used,
        memory_available_bytes=_meminfo(capture, "MemAvailable") or _integer(capture.get("memory_available", "")),
        smt={"1": True, "0": False}.get(capture.get(SMT, "").strip()),
        huge_pages=next(iter(re.findall(r"\[(\w+)\]", capture.get(HUGE_PAGES, ""))), ""),
    )


def _turbo(capture: Capture) -> tuple[bool | None, str]:
    for path, on in ((NO_TURBO, "0"), (BOOST, "1")):
        word = capture.get(path, "").strip()
        if word in ("0", "1"):
            return word == on, path
    return None, ""


def _cpus(capture: Capture, name: str) -> Iterator[tuple[int, str]]:
    pattern = re.compile(rf"{CPU}/cpu([0-9]{{1,6}})/{name}")
    for path, text in capture.items():
        found = pattern.fullmatch(path)
        if found and text.strip():
            yield int(found[1]), text


def _numbers(capture: Capture, name: str) -> dict[int, int]:
    counts = ((cpu, parse_count(text)) for cpu, text in _cpus(capture, name))
    return {cpu: count for cpu, count in counts if count is not None}


def _cap(capture: Capture) -> float | None:
    limit = re.search(r"CPU_Speed_Limit\s*=\s*([0-9]{1,9})\b", capture.get(HEAT, ""))
    if limit:
        return int(limit[1]) / 100
    allowed, possible = _numbers(capture, "cpufreq/scaling_max_freq"), _numbers(capture, "cpufreq/cpuinfo_max_freq")
    shares = [allowed[cpu] / possible[cpu] for cpu in allowed if possible.get(cpu)]
    return min(shares, default=None)


def _on_battery(capture: Capture) -> bool | None:
    """Return whether the node runs only on battery; batteries of mice and pens do not count."""
    drawing = re.search(r"drawing from '(\w+)", capture.get(BATTERY, ""))
    if drawing:
        return drawing[1] == "Battery"
    supplies: dict[str, dict[str, str]] = {}
    for path, text in capture.items():
        found = re.fullmatch(r"/sys/class/power_supply/([^/]+)/(\w+)", path)
        if found:
            supplies.setdefault(found[1], {})[found[2]] = text.strip()
    own = [supply for supply in supplies.values() if supply.get("scope") != "Device"]
    mains = [supply.get("online") == "1" for supply in own if supply.get("type") in ("Mains", "USB")]
    draining = [supply.get("status") == "Discharging" for supply in own if supply.get("type") == "Battery"]
    if any(mains):
        return False
    if draining:
        return any(draining) or bool(mains)
    return False if mains else None


def _profile(capture: Capture) -> str:
    # macOS says `lowpowermode 1`, newer releases `powermode 1`.
    modes = re.search(r"^[ \t]*(?:low)?powermode[ \t]+(\d)", capture.get(MODES, ""), re.MULTILINE)
    if modes:
        return "low-power" if modes[1] == "1" else "balanced"
    return capture.get(PROFILE, "").strip()


def _heat(capture: Capture) -> tuple[float | None, float | None]:
    """Return the temperature of the hottest zone, and the smallest margin, in degrees Celsius."""
    zones: dict[str, dict[str, str]] = {}
    for path, text in capture.items():
        found = re.fullmatch(r"/sys/class/thermal/thermal_zone(\d+)/(\w+)", path)
        if found:
            zones.setdefault(found[1], {})[found[2]] = text.strip()
    temperatures, margins = [], []
    for zone in zones.values():
        now = _integer(zone.get("temp", ""))
        if now is None or now not in _SANE_MILLI_C:
            continue
        temperatures.append(now / 1000)
        margins += [(trip - now) / 1000 for trip in _trips(zone)]
    return max(temperatures, default=None), min(margins, default=None)


def _trips(zone: dict[str, str]) -> Iterator[int]:
    for name, kind in zone.items():
        number = re.fullmatch(r"trip_point_(\d+)_type", name)
        trip = _integer(zone.get(f"trip_point_{number[1]}_temp", "")) if number else None
        # Firmware writes 0 or absolute zero where it has no such point.
        if kind in _SLOWING and trip is not None and trip > 0:
            yield trip


def _swap(capture: Capture) -> tuple[int | None, int | None]:
    total, free = _meminfo(capture, "SwapTotal"), _meminfo(capture, "SwapFree")
    if total is not None and free is not None:
        return total, total - free
    usage = parse_sysctl(capture.get("sysctl", "")).get("vm.swapusage", "")
    sizes = {
        name: round(float(number) * _UNIT_BYTES[unit])
        for name, number, unit in re.findall(r"(\w{1,20}) = ([0-9]{1,9}(?:\.[0-9]{1,9})?)([KMG])", usage)
    }
    return sizes.get("total"), sizes.get("used")


def _meminfo(capture: Capture, name: str) -> int | None:
    found = re.search(rf"^{name}:\s*([0-9]{{1,15}}) kB", capture.get(MEMINFO, ""), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _integer(text: str) -> int | None:
    word = text.strip()
    return int(word) if re.fullmatch(r"-?[0-9]{1,18}", word) else None
