"""Families: the exit code of all verdicts together."""

import pytest

from harness.records.comparison import Comparison, Family, Summary, Verdict
from harness.records.measurement import Case

SUMMARY = Summary(n=1, median=1.0, minimum=1.0, maximum=1.0, spread=0.0)


def comparison(word: str) -> Comparison:
    verdict = Verdict(word.removesuffix("!"))
    return Comparison(
        case=Case.of("whisper", model="tiny"),
        metric="encode",
        n=1,
        change=0.1,
        p=0.5,
        p_raw=0.5,
        verdict=verdict,
        relevant=word.endswith("!"),
        baseline=SUMMARY,
        contender=SUMMARY,
    )


@pytest.mark.parametrize(
    ("words", "lenient", "strict"),
    [
        ("", 0, 0),
        ("UNCHANGED IMPROVED!", 0, 0),
        ("UNCHANGED UNRESOLVED", 0, 21),
        ("REGRESSED", 0, 0),
        ("REGRESSED UNRESOLVED", 0, 21),
        ("REGRESSED!", 20, 20),
        ("IMPROVED! UNRESOLVED REGRESSED!", 20, 20),
    ],
)
def test_exit_codes(words: str, lenient: int, strict: int) -> None:
    comparisons = tuple(comparison(word) for word in words.split())
    family = Family(comparisons=comparisons, alpha=0.01, threshold=0.02, method="some")
    assert (family.exit_code(strict=False), family.exit_code(strict=True)) == (lenient, strict)
