import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.parse.host.condition import BATTERY, BOOST, CONDITION_FILES, HEAT, MODES, NO_TURBO, parse_condition
from harness.records.condition import Condition

SUPPLY = "/sys/class/power_supply"
ZONE = "/sys/class/thermal/thermal_zone0"


def test_nothing_told_is_nothing_known() -> None:
    assert parse_condition({}) == Condition()


@pytest.mark.parametrize(("path", "text", "turbo"), [(NO_TURBO, "1", False), (NO_TURBO, "0", True), (BOOST, "1", True)])
def test_turbo(path: str, text: str, *, turbo: bool) -> None:
    condition = parse_condition({path: f"{text}\n"})
    assert (condition.turbo, condition.turbo_switch) == (turbo, path)


@pytest.mark.parametrize(
    ("supplies", "on_battery"),
    [
        ({"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery", "BAT0/status": "Discharging"}, False),
        ({"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Discharging"}, True),
        ({"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Not charging"}, True),
        ({"BAT0/type": "Battery", "BAT0/status": "Full"}, False),
        ({"usb/type": "USB", "usb/online": "1", "BAT0/type": "Battery", "BAT0/status": "Charging"}, False),
        ({"mouse/type": "Battery", "mouse/scope": "Device", "mouse/status": "Discharging"}, None),
        ({}, None),
    ],
)
def test_battery(supplies: dict[str, str], *, on_battery: bool | None) -> None:
    capture = {f"{SUPPLY}/{name}": f"{text}\n" for name, text in supplies.items()}
    assert parse_condition(capture).on_battery is on_battery


def test_a_fan_is_no_throttling_and_firmware_writes_nonsense() -> None:
    capture = {
        f"{ZONE}/temp": "60000",
        f"{ZONE}/trip_point_0_type": "active",
        f"{ZONE}/trip_point_0_temp": "50000",
        f"{ZONE}/trip_point_1_type": "hot",
        f"{ZONE}/trip_point_1_temp": "-274000",
        f"{ZONE}/trip_point_2_type": "critical",
        f"{ZONE}/trip_point_2_temp": "100000",
    }
    condition = parse_condition(capture)
    assert (condition.hottest_c, condition.heat_margin_c) == (60.0, 40.0)


@pytest.mark.parametrize(("text", "drawn"), [("AC Power", False), ("Battery Power", True), ("UPS Power", False)])
def test_a_mac_says_what_feeds_it(text: str, *, drawn: bool) -> None:
    assert parse_condition({BATTERY: f"Now drawing from '{text}'\n"}).on_battery is drawn


def test_a_mac_slows_down_for_heat_and_on_demand() -> None:
    condition = parse_condition({HEAT: "CPU_Speed_Limit \t= 55\n", MODES: " powermode   1\n"})
    assert (condition.frequency_cap, condition.profile) == (0.55, "low-power")


@given(st.sampled_from([*CONDITION_FILES, BATTERY, HEAT, MODES, "sysctl", f"{ZONE}/temp"]), st.text())
def test_nothing_is_raised_whatever_the_text(name: str, text: str) -> None:
    parse_condition({name: text})
