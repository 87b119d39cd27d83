"""How good the text of a run is, judged by counts: one row for each setting, and pairs of settings compared."""

from harness.records.caveat import Caveat
from harness.records.comparison import Verdict
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case
from harness.records.quality import TextErrors, TokenDivergence
from harness.records.record import ExplainedWord, Record

# A difference of so many errors per word, or of such a share of tokens, matters: half a percentage point.
MARGIN = 0.005


class CountedShare(Record):
    """A count `of` a number of words or tokens: `share`, and the ends of its exact interval.

    Errors may be more than there are words.
    """

    count: int
    of: int
    share: float
    low: float
    high: float
    confidence: float


class QualityRow(Record):
    """How good the text of one setting is; `case` is the setting, `weights` the kind of its weights.

    `text` and `tokens` are those of the first process, None where there is none. `word_errors` are errors over the
    words of the known text, `agreement` tokens of the reference that are the most likely ones here, too. Of `texts`
    processes `other_texts` printed another text than the first, and of `own_tokens` processes `other_tokens` chose
    other tokens.
    """

    case: Case
    weights: str
    text: TextErrors | None = None
    tokens: TokenDivergence | None = None
    word_errors: CountedShare | None = None
    agreement: CountedShare | None = None
    texts: int = 0
    other_texts: int = 0
    own_tokens: int = 0
    other_tokens: int = 0
    caveats: tuple[Caveat, ...] = ()


class QualitySubject(ExplainedWord):
    """What is compared between two settings."""

    WORDS = (
        "words",
        "Errors over the words of the known text; an exact McNemar test of those that one side alone makes.",
    )
    TOKENS = (
        "tokens",
        "Tokens of the reference that are not the most likely ones; an exact McNemar test of those on one side alone.",
    )


class QualityComparison(Record):
    """Two settings on the same words or tokens, contender against baseline.

    `size` is the number of words or tokens, `errors` those of the baseline and `contender_errors` those of the
    contender; `only_baseline` and `only_contender` are the errors that the other side does not make. `difference` is
    contender less baseline over `size`, from `low` to `high` with `confidence`. `p` is adjusted for the family, `p_raw`
    is not. `relevant` tells a change that reaches the margin from one that is merely certain.
    """

    case: Case
    subject: QualitySubject
    size: int
    errors: int
    contender_errors: int
    only_baseline: int
    only_contender: int
    difference: float
    low: float
    high: float
    confidence: float
    p: float
    p_raw: float
    verdict: Verdict
    relevant: bool


class QualityFamily(Record):
    """All comparisons of one question; the chance of any false difference among them is at most `alpha`.

    `margin` is the difference of shares that matters, 0.005 for half a percentage point.
    """

    comparisons: tuple[QualityComparison, ...]
    alpha: float
    margin: float
    method: str
    caveats: tuple[Caveat, ...] = ()

    def exit_code(self, *, strict: bool) -> ExitCode:
        """REGRESSION for a relevant regression; if strict, INCONCLUSIVE for anything UNRESOLVED; else OK."""
        if any(one.verdict is Verdict.REGRESSED and one.relevant for one in self.comparisons):
            return ExitCode.REGRESSION
        if strict and any(one.verdict is Verdict.UNRESOLVED for one in self.comparisons):
            return ExitCode.INCONCLUSIVE
        return ExitCode.OK
