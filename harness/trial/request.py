"""The request for a live comparison: two runs, what each side is called, and the design."""

from harness.records.node import Node
from harness.records.record import Record
from harness.settings.request import RunRequest, TrialDesign
from harness.trial.lineup import SideRequests


class TrialRequest(Record):
    """A live comparison: its two sides, their runs (baseline first), and its design.

    If `strict`, an UNRESOLVED case has its own exit code.
    """

    node: Node
    sides: SideRequests
    runs: tuple[RunRequest, RunRequest]
    design: TrialDesign
    strict: bool = False

    @property
    def dry(self) -> bool:
        """Whether it is only planned and shown."""
        return self.runs[0].dry

    @property
    def labels(self) -> tuple[str, str]:
        """What both sides are called, baseline first."""
        baseline, contender = self.sides
        return baseline.label, contender.label
