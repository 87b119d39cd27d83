"""Whether a node is fit to measure on, point by point."""

from enum import StrEnum

from harness.records.condition import Condition
from harness.records.quietness import Quietness
from harness.records.record import Record


class Fitness(StrEnum):
    """What a look at one point came to; UNKNOWN where the system does not tell."""

    FIT = "fit"
    UNFIT = "unfit"
    UNKNOWN = "unknown"


class Finding(Record):
    """One point: what was `found`, what it `means` for a measurement, and the command that would `fix` it."""

    topic: str
    fitness: Fitness
    found: str
    means: str = ""
    fix: str = ""


class Diagnosis(Record):
    """All findings about a node, and what they were made from."""

    node: str
    findings: tuple[Finding, ...]
    quietness: Quietness
    condition: Condition

    @property
    def unfit(self) -> tuple[Finding, ...]:
        """What speaks against measuring now."""
        return tuple(finding for finding in self.findings if finding.fitness is Fitness.UNFIT)
