"""A search for the best settings, for people."""

from harness.records.tune import Candidate, Goal, Stage, Tuning
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
