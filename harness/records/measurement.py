"""One number."""

from enum import StrEnum
from typing import Annotated

import msgspec

from harness.records.case import Case
from harness.records.record import Record


class Evidence(StrEnum):
    """Where a number was read: from a child of this harness, or from another's report or the logs beside it."""

    OWN = ""
    REPORT = "report"
    LOG = "log"


class Measurement(Record):
    """One value of one metric (unit: the metric's) of one case.

    A whisper-bench process gives each of its numbers once: `process` is 0 and `repetition` counts the processes. A
    sampler is asked again and again: `process` counts the samplers from 1, `repetition` the timed calls. `place` says
    which of the two processes of a block of a live comparison it came from: the one that was started first, 1, or
    second, 2; it is 0 where there is no such thing, or where it is not known.
    """

    case: Case
    metric: str
    value: Annotated[float, msgspec.Meta(gt=0)]
    repetition: int = 1
    process: int = 0
    place: int = 0
    origin: Evidence = Evidence.OWN
