"""What the probe of a BLAS library prints (`harness.sampler.blas`)."""

import re

import msgspec

from harness.records.device import Device
from harness.records.record import Record

BLAS = "BLAS"
_OPENING = '{"kind": "blas"'
_VERSION = re.compile(r"OpenBLAS \d[\w.]*")


class _Answer(Record):
    kind: str
    file: str
    config: str = ""
    core: str = ""


def parse_blas(log: str) -> Device | None:
    """Return the library: its name and version as far as it tells, its file, and the kernels that it chose."""
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
