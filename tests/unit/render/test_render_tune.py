"""A search for the best settings, for people."""

from harness.records.quality import TextQuality
from harness.records.run import SettingOrigin, SettingUsed
from harness.records.tune import Candidate, Goal, Stage, TextGuard, Tuning
from harness.render.repeat import repeat_tuning
from harness.render.tune import render_tuning

VALUES = (("threads", "2"), ("quant", "f16"))


def tuning(*scores: float | None) -> Tuning:
    tried = tuple(
        Candidate(values=(("threads", str(number)),), score=score, n=3, reason="" if score else "it failed")
        for number, score in enumerate(scores, 1)
    )
    stages = (Stage(axis="threads", tried=tried, winner=0), Stage(axis="blas", reason="no BLAS was found"))
    return Tuning(
        id="t",
        node="desk",
        model="base",
        goal=Goal.LATENCY,
        unit="ms",
        start="2026-03-01T00:00:00+00:00",
        budget_s=60.0,
        spent_s=50.0,
        stages=stages,
        found=VALUES,
        winner=VALUES,
        why="it was the fastest",
        score=100.0,
        rounds=0,
        duels=(),
        runs=(),
        cmake="cmake",
        cli="cli",
    )


def looked() -> Tuning:
    """Return a search that looked at the text of a type of weights that is faster and worse."""
    reference = TextQuality(words=22, positions=30, agreeing=30, divergence=0.0)
    text = reference.replace(errors=1, agreeing=29, divergence=0.0123)
    tried = (
        Candidate(values=(("quant", "f16"),), score=110.0, n=2, text=reference),
        Candidate(values=(("quant", "q5_0"),), score=80.0, n=4, text=text),
        Candidate(
            values=(("quant", "q4_0"),),
            score=None,
            n=0,
            text=text.replace(errors=4),
            reason="WER +18.2 points > +5.0",
        ),
    )
    return tuning(1.0).replace(
        stages=(Stage(axis="quant", tried=tried, winner=1), Stage(axis="fa", reason="no need")),
        winner=(("threads", "2"), ("quant", "q5_0")),
        gain=-0.273,
        rounds=9,
        guard=TextGuard(max_wer=0.05),
        text=text,
        reference_text=reference,
        remarks=("22 words cannot show 5 points",),
    )


def test_the_winner_shows_its_cost_beside_its_gain() -> None:
    lines = render_tuning(looked()).splitlines()
    (winner,) = [line for line in lines if line.startswith("  winner")]
    assert winner == (
        "  winner   threads=2 quant=q5_0: 100.0 ms (-27.3 %), text: WER 4.5 % (+4.5 points), divergence 0.012, "
        "top-1 96.7 %"
    )
    assert "           the median of 9 rounds; it was the fastest" in lines
    assert "  22 words cannot show 5 points" in lines
    assert not any("effect on the text is not measured" in line for line in lines)


def test_the_stage_says_what_was_left_out_and_why() -> None:
    lines = render_tuning(looked()).splitlines()
    rows = [line.split() for line in lines if line.startswith(("  axis", "  quant", "        ", "  fa"))][:5]
    assert rows[0][5:] == ["WER", "%", "KL", "nats", "top-1", "%", "n"]
    assert rows[1][5:8] == ["0.0", "0", "100.0"]
    assert rows[2][4:] == ["4.5", "0.012", "96.7", "4", "<-", "kept"]
    kept = next(line for line in lines if line.endswith("<- kept"))
    assert kept.endswith("  4  <- kept"), "long reasons below do not move it"
    assert " ".join(rows[3]).endswith("NA - - 18.2 0.012 96.7 0 WER +18.2 points > +5.0")
    assert " ".join(rows[4]) == "fa - - - - - - - - no need"


def test_bits_that_nobody_looked_at_are_named() -> None:
    text = render_tuning(looked().replace(text=None, remarks=("what these settings cost is not known: it is dark",)))
    assert "q5_0 has fewer bits, and its effect on the text is not measured" in " ".join(text.split())
    assert "it is dark" in text


def test_the_line_that_searches_again_has_its_limits() -> None:
    used = SettingUsed(name="weights", value="/w/ggml-base.bin", origin=SettingOrigin.FLAG)
    again = repeat_tuning(looked().replace(settings=(used,), runs=("20260529T000004Z-1a2b3c4d-aaaaaaaa",)))
    assert again.startswith(
        "harness tune --for latency --model base --budget 1m --max-wer 5% --weights /w/ggml-base.bin --ref 1a2b3c4d"
    )
    assert again.endswith("# paths of the computer that measured: /w/ggml-base.bin")


def test_scores_are_drawn_on_a_terminal() -> None:
    lines = render_tuning(tuning(110.0, 100.0, None), width=100, plain=True).splitlines()
    rows = [line for line in lines if line.startswith(("  axis", "  threads", "    "))][:2]
    assert rows[0].split()[:5] == ["axis", "value", "ms", "100", "110"]
    assert rows[1].split()[:5] == ["threads", "1", "110.0", "|", "o"]
    (best,) = [line for line in lines if " 100.0 " in line and "threads" not in line and "winner" not in line]
    assert "100.0  o " in best
    assert "|" not in best


def test_without_a_terminal_or_room_there_are_digits_alone() -> None:
    text = render_tuning(tuning(110.0, 100.0))
    assert "o " not in text.splitlines()[5]
    assert "110  " not in text.splitlines()[3]
    assert render_tuning(tuning(110.0, 100.0), width=40) == text
    assert render_tuning(tuning(None), width=100) == render_tuning(tuning(None)), "nothing to draw"
    assert render_tuning(tuning(5.0), width=100) == render_tuning(tuning(5.0)), "nothing to compare"
