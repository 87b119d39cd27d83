"""The answer of `harness ab`: its text, its Markdown and the comment of a pull request are made from it alone."""

from harness.records.caveat import CaveatCode
from harness.records.comparison import Comparison, CounterReport, Family, Verdict
from harness.records.quality_report import QualityComparison, QualityFamily
from harness.records.record import Record


class SideReport(Record):
    """One side of a live comparison: its name for people, its commit, and the run that holds its measurements.

    `config` is the id of the binary that was asked for, `run` the id of the run and `path` its bundle. All but the name
    are empty if the side was never built.
    """

    name: str
    sha: str = ""
    config: str = ""
    run: str = ""
    path: str = ""


class TrialReport(Record):
    """What a live comparison came to.

    Without a `family` there are no verdicts, and `failure` says why. `counters` are None if the hardware counted
    nothing; they change no verdict. `quality` are the verdicts on the text, None if nobody looked. `blocks` were
    measured in `wall_s` seconds, and `lost` ones gave no result; `stopped` says why the trial ended. `missing` are
    requested metrics that were never measured. `repeat` is the command that measures the same again, empty if none is
    known.
    """

    node: str
    cpu: str
    baseline: SideReport
    contender: SideReport
    family: Family | None = None
    counters: CounterReport | None = None
    quality: QualityFamily | None = None
    failure: str = ""
    blocks: int = 0
    lost: int = 0
    wall_s: float = 0.0
    stopped: str = ""
    missing: tuple[str, ...] = ()
    repeat: str = ""

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All comparisons; none if there are no verdicts."""
        return self.family.comparisons if self.family else ()

    @property
    def verdict(self) -> Verdict | None:
        """The one word for all verdicts; None if nothing could be judged.

        That is REGRESSED if anything relevant regressed, a text included, else IMPROVED if anything relevant improved,
        else UNRESOLVED if anything is unresolved or was never measured, else UNCHANGED.
        """
        if self.worse_texts:
            return Verdict.REGRESSED
        for verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
            if any(one.verdict is verdict and one.relevant for one in self.comparisons):
                return verdict
        judged = [one for one in self.comparisons if not is_withheld(one)]
        if not judged:
            return None
        unresolved = any(one.verdict is Verdict.UNRESOLVED for one in judged)
        return Verdict.UNRESOLVED if unresolved or self.missing else Verdict.UNCHANGED

    @property
    def worse_texts(self) -> tuple[QualityComparison, ...]:
        """The texts that got worse by as much as matters."""
        found = self.quality.comparisons if self.quality else ()
        return tuple(one for one in found if one.verdict is Verdict.REGRESSED and one.relevant)

    @property
    def changed(self) -> bool:
        """Whether something got better or worse by as much as matters."""
        return self.verdict in (Verdict.REGRESSED, Verdict.IMPROVED)


def is_withheld(comparison: Comparison) -> bool:
    """Return whether a comparison has no verdict, because its two sides do not measure the same quantity."""
    return any(caveat.code == CaveatCode.DIALECT for caveat in comparison.caveats)
