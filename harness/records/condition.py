"""How a node is set at an instant: what a person could set otherwise."""

from harness.records.record import Record


class Condition(Record):
    """Frequency, power, heat, memory; None or empty stands for what the system does not tell.

    `governors` are the distinct ones of all CPUs. `turbo` says whether clocks may rise above the base clock,
    `turbo_switch` names the file that decides it. `frequency_cap` is the lowest limit that policy (or macOS for heat)
    sets to a CPU, as a share of what it could do; `clock_mhz` the fastest clock just now. `profile` is the
    firmware's: `low-power`, `balanced`, `performance`. `heat_margin_c` is how many degrees Celsius the hottest zone is
    below the point from which it is cooled by slowing down; `hottest_c` is its temperature. `huge_pages` is
    the mode of transparent huge pages: `always`, `madvise`, `never`.
    """

    governors: tuple[str, ...] = ()
    turbo: bool | None = None
    turbo_switch: str = ""
    frequency_cap: float | None = None
    clock_mhz: float | None = None
    on_battery: bool | None = None
    profile: str = ""
    hottest_c: float | None = None
    heat_margin_c: float | None = None
    swap_total_bytes: int | None = None
    swap_used_bytes: int | None = None
    memory_available_bytes: int | None = None
    smt: bool | None = None
    huge_pages: str = ""
