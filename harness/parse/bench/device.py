"""Devices, as programs other than ggml name them: the probe of a BLAS library, and nvidia-smi.

The probe is `harness.worker.blas`. nvidia-smi gives lines of driver version, memory in MiB and name, as
`harness.plan.bench` asks.
"""

import re
from collections.abc import Iterable

import msgspec

from harness.parse.notation import plain_lines
from harness.records.backend import Device
from harness.records.record import Record

BLAS = "BLAS"
_OPENING = '{"kind": "blas"'
_VERSION = re.compile(r"OpenBLAS \d[\w.]*")

_LINE = re.compile(r"(\d{1,5}(?:\.\d{1,5}){1,3}), (\d{1,9}|\[N/A\]), (\S.*)")
_CUDA = "CUDA"


class _Answer(Record):
    kind: str
    file: str
    config: str = ""
    core: str = ""


def parse_blas(log: str) -> Device | None:
    """Return the library: its name and version if it reports them, its file, and the kernels that it chose."""
    for line in reversed(log.splitlines()):
        if line.startswith(_OPENING):
            try:
                answer = msgspec.json.decode(line, type=_Answer)
            except msgspec.MsgspecError:
                continue
            version = _VERSION.search(answer.config)
            name = version[0] if version else answer.file.rpartition("/")[2]
            kernels = f"{answer.core} kernels" if answer.core else ""
            return Device(backend=BLAS, name=name, driver=answer.file, architecture=kernels)
    return None


def parse_nvidia(log: str) -> tuple[Device, ...]:
    """Return the GPUs with their driver (`NVIDIA 580.159.04`) and memory; empty if no GPU is listed.

    They are numbered as by nvidia-smi, which need not be CUDA's order: `complete` matches by name.
    """
    found = filter(None, map(_LINE.fullmatch, plain_lines(log)))
    return tuple(
        Device(
            backend=f"{_CUDA}{number}",
            name=match[3].strip(),
            driver=f"NVIDIA {match[1]}",
            memory_bytes=int(match[2]) << 20 if match[2].isdigit() else 0,
        )
        for number, match in enumerate(found)
    )


def complete(device: Device, gpus: Iterable[Device]) -> Device:
    """Return a device that ggml found, with driver and memory of the GPU of this name if it has none."""
    if not device.backend.startswith(_CUDA):
        return device
    same = next((gpu for gpu in gpus if gpu.name == device.name), None)
    if same is None:
        return device
    return device.replace(driver=device.driver or same.driver, memory_bytes=device.memory_bytes or same.memory_bytes)
