"""How good the text is: rows of a run, caveats, and two settings compared by exact counts."""

import pytest

from harness.judge.quality import caveat_quality, compare_quality, list_quality, name_setting, pair_quality
from harness.records.caveat import CaveatCode
from harness.records.comparison import Verdict
from harness.records.exit_code import ExitCode
from harness.records.measurement import Case
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.quality import TextErrors, TokenDivergence
from harness.records.quality_report import QualityFamily, QualitySubject
from harness.records.run import Run
from tests import factory


def text(correct: str, *, insertions: int = 0, digest: str = "a", known: str = "k") -> TextErrors:
    wrong = correct.count("0")
    return TextErrors(
        words=len(correct),
        substitutions=wrong,
        deletions=0,
        insertions=insertions,
        characters=5 * len(correct),
        character_errors=2 * wrong,
        correct=correct,
        normaliser="n 1",
        digest=digest,
        known=known,
    )


def tokens(agreeing: str, *, digest: str = "t", made_by: str = "v1.8.5", windows: int = 1) -> TokenDivergence:
    return TokenDivergence(
        windows=windows,
        of_windows=max(windows, 12 if windows == 10 else 1),
        positions=len(agreeing),
        agreeing=agreeing,
        mean=0.01,
        median=0.001,
        low=0.0,
        high=0.01,
        worst=0.2,
        log_probability=-0.3,
        reference_log_probability=-0.29,
        tokens=len(agreeing),
        token_edits=agreeing.count("0"),
        digest=digest,
        made_by=made_by,
    )


Found = TextErrors | TokenDivergence


def result(found: Found, repetition: int = 1, model: str = "base", audio: str = "jfk") -> StepResult:
    spoken = isinstance(found, TextErrors)
    case = Case.of("quality", audio=audio, fa=0, model=model, of="text" if spoken else "tokens", threads=2)
    return StepResult(
        step=f"{case} {repetition}",
        phase=Phase.BENCHMARK,
        status=Status.PASSED,
        case=case,
        repetition=repetition,
        text_errors=found if isinstance(found, TextErrors) else None,
        divergence=None if isinstance(found, TextErrors) else found,
    )


def run(*results: StepResult) -> Run:
    return factory.run().replace(results=results)


def judge(here: Found, there: Found) -> QualityFamily:
    return compare_quality(pair_quality([run(result(here))], [run(result(there))]))


def test_a_row_for_each_setting_with_exact_intervals() -> None:
    (row,) = list_quality(run(result(tokens("1101")), result(text("1110")), result(text("1110"), 2)))
    assert str(row.case) == "quality/audio=jfk/fa=0/model=base/threads=2"
    assert row.word_errors and row.agreement
    assert (row.word_errors.count, row.word_errors.of, row.word_errors.share) == (1, 4, 0.25)
    # One of four: Garwood from 0.0253 to 5.572 errors, Clopper and Pearson for three of four.
    assert (row.word_errors.low, row.word_errors.high) == pytest.approx((0.02532 / 4, 5.5716 / 4), rel=1e-3)
    assert (row.agreement.low, row.agreement.high) == pytest.approx((0.1941, 0.9937), abs=1e-4)
    assert (row.texts, row.other_texts, row.own_tokens, row.other_tokens) == (2, 0, 1, 0)
    assert not row.caveats


def test_a_timed_transcription_belongs_to_the_same_setting() -> None:
    timed = result(text("11")).replace(case=Case.of("transcribe", audio="jfk", fa=0, model="base", threads=2))
    (row,) = list_quality(run(timed, result(text("11"), 2)))
    assert row.texts == 2
    assert name_setting(Case.of("quality", of="text", vad=1, fa=0)) == Case.of("quality", vad=1, fa=0)


def test_failed_processes_count_for_nothing() -> None:
    assert list_quality(run(result(text("11")).replace(status=Status.FAILED))) == ()


def test_what_is_not_deterministic_is_counted() -> None:
    made = run(*(result(text("11", digest=one), number) for number, one in enumerate("aba", 1)))
    (caveat,) = caveat_quality(made)
    assert caveat.code == CaveatCode.NOT_DETERMINISTIC
    assert "1 of 3 processes printed another text than the first" in caveat.message
    made = run(*(result(tokens("11", digest=one), number) for number, one in enumerate("ab", 1)))
    assert "1 of 2 processes gave the tokens other probabilities" in next(caveat_quality(made)).message


def test_another_recording_and_a_long_one_are_said() -> None:
    (caveat,) = caveat_quality(run(result(text("1000"))))
    assert (caveat.code, "3 errors, and 1 of 4 words is right" in caveat.message) == (CaveatCode.OTHER_TEXT, True)
    assert not list(caveat_quality(run(result(text("1100")))))
    (caveat,) = caveat_quality(run(result(tokens("11", windows=10)), result(tokens("11", windows=10), model="tiny")))
    assert caveat.code == CaveatCode.PARTLY_HEARD
    assert "10 of its 12 windows" in caveat.message


def test_the_same_words_are_compared_by_those_that_one_side_alone_gets_wrong() -> None:
    family = judge(text("0" + "1" * 99), text("1" + "0" * 12 + "1" * 87))
    (one,) = family.comparisons
    assert (one.subject, one.size, one.errors, one.contender_errors) == (QualitySubject.WORDS, 100, 1, 12)
    assert (one.only_baseline, one.only_contender, one.difference) == (1, 12, 0.11)
    assert (one.verdict, one.relevant) == (Verdict.REGRESSED, True)
    assert one.low > 0
    assert family.exit_code(strict=False) is ExitCode.REGRESSION
    (mirrored,) = judge(text("1" + "0" * 12 + "1" * 87), text("0" + "1" * 99)).comparisons
    assert mirrored.verdict is Verdict.IMPROVED
    assert mirrored.high == pytest.approx(-one.low)


def test_superfluous_words_are_errors_too() -> None:
    (one,) = judge(text("1" * 22), text("1" * 22, insertions=40)).comparisons
    assert (one.only_contender, one.contender_errors, one.verdict) == (40, 40, Verdict.REGRESSED)


def test_few_words_cannot_show_that_nothing_changed_and_many_can() -> None:
    family = judge(text("1" * 22), text("1" * 22))
    assert [one.verdict for one in family.comparisons] == [Verdict.UNRESOLVED]
    assert (family.exit_code(strict=False), family.exit_code(strict=True)) == (ExitCode.OK, ExitCode.INCONCLUSIVE)
    assert [one.verdict for one in judge(text("1" * 3000), text("1" * 3000)).comparisons] == [Verdict.UNCHANGED]


def test_certain_but_small_is_not_relevant() -> None:
    (one,) = judge(text("1" * 5000), text("0" * 12 + "1" * 4988)).comparisons
    assert (one.verdict, one.relevant) == (Verdict.REGRESSED, False)


def test_tokens_are_compared_where_the_reference_is_the_same() -> None:
    (one,) = judge(tokens("1" * 100), tokens("0" * 20 + "1" * 80)).comparisons
    assert (one.subject, one.verdict, one.contender_errors) == (QualitySubject.TOKENS, Verdict.REGRESSED, 20)
    assert one.errors == 0
    assert not judge(tokens("11"), tokens("11", made_by="other")).comparisons
    assert not judge(text("11"), text("11", known="other")).comparisons


def test_a_family_keeps_its_promise_together() -> None:
    audios = [f"a{number}" for number in range(10)]
    here = run(*(result(text("1" * 40), audio=audio) for audio in audios))
    there = run(*(result(text("0" * 9 + "1" * 31 if audio == "a0" else "1" * 40), audio=audio) for audio in audios))
    family = compare_quality(pair_quality([here], [there]))
    first = next(one for one in family.comparisons if one.case.get("audio") == "a0")
    assert first.p_raw < 0.01 < first.p
    assert first.verdict is Verdict.UNRESOLVED
    (alone,) = judge(text("1" * 40), text("0" * 9 + "1" * 31)).comparisons
    assert alone.verdict is Verdict.REGRESSED
