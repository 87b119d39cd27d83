"""Names for the numbers by which Arm CPUs identify themselves.

Source: Arm's MIDR_EL1 assignments as collected in the kernel's `asm/cputype.h` and util-linux's `lscpu-arm.c`; only
those of servers, boards and laptops.
"""

from collections import Counter
from collections.abc import Iterable

_IMPLEMENTERS = {
    0x41: "Arm",
    0x42: "Broadcom",
    0x43: "Cavium",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x50: "APM",
    0x51: "Qualcomm",
    0x53: "Samsung",
    0x61: "Apple",
    0x6D: "Microsoft",
    0x70: "Phytium",
    0xC0: "Ampere",
}
_PARTS = {
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD42): "Cortex-A78AE",
    (0x41, 0xD44): "Cortex-X1",
    (0x41, 0xD46): "Cortex-A510",
    (0x41, 0xD47): "Cortex-A710",
    (0x41, 0xD48): "Cortex-X2",
    (0x41, 0xD49): "Neoverse-N2",
    (0x41, 0xD4A): "Neoverse-E1",
    (0x41, 0xD4D): "Cortex-A715",
    (0x41, 0xD4E): "Cortex-X3",
    (0x41, 0xD4F): "Neoverse-V2",
    (0x41, 0xD80): "Cortex-A520",
    (0x41, 0xD81): "Cortex-A720",
    (0x41, 0xD82): "Cortex-X4",
    (0x41, 0xD84): "Neoverse-V3",
    (0x41, 0xD85): "Cortex-X925",
    (0x41, 0xD8E): "Neoverse-N3",
    (0x43, 0x0AF): "ThunderX2",
    (0x46, 0x001): "A64FX",
    (0x48, 0xD01): "Kunpeng-920",
    (0x4E, 0x004): "Carmel",
    (0x51, 0x001): "Oryon",
    (0x61, 0x022): "M1 (Icestorm)",
    (0x61, 0x023): "M1 (Firestorm)",
    (0x61, 0x028): "M1 Max (Icestorm)",
    (0x61, 0x029): "M1 Max (Firestorm)",
    (0x61, 0x032): "M2 (Blizzard)",
    (0x61, 0x033): "M2 (Avalanche)",
    (0x6D, 0xD49): "Azure Cobalt 100",
    (0xC0, 0xAC3): "Ampere-1",
    (0xC0, 0xAC4): "Ampere-1A",
    (0xC0, 0xAC5): "Ampere-1B",
}


def name_vendor(implementer: str) -> str:
    """Return the company behind a `CPU implementer` such as `0x41`, or the text itself if it is not known."""
    return _IMPLEMENTERS.get(_number(implementer), implementer)


def name_cores(blocks: Iterable[dict[str, str]]) -> str:
    """Return `Arm Neoverse-N1`, or `Arm Cortex-A76 (4) + Cortex-A55 (4)` for several kinds, or an empty string.

    `blocks` are those of `/proc/cpuinfo`, one per logical CPU.
    """
    kinds = Counter((block["CPU implementer"], block["CPU part"]) for block in blocks if _names_core(block))
    if not kinds:
        return ""
    vendors = list(dict.fromkeys(name_vendor(implementer) for implementer, _ in kinds))
    # The part numbers of the strong cores are the higher ones within every family that mixes them.
    ordered = sorted(kinds.items(), key=lambda kind: _number(kind[0][1]), reverse=True)
    names = [(_PARTS.get((_number(vendor), _number(part)), f"part {part}"), count) for (vendor, part), count in ordered]
    counted = [f"{name} ({count})" if len(names) > 1 else name for name, count in names]
    return f"{'/'.join(vendors)} {' + '.join(counted)}"


def _names_core(block: dict[str, str]) -> bool:
    return bool(block.get("CPU implementer") and block.get("CPU part"))


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1
