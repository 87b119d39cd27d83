"""What settings cost in text: each binary, file of weights and flash attention is looked at once."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.errors import UnavailableError
from harness.records.plan import Plan
from harness.records.sweep import Values
from harness.records.tune import Goal, TextGuard
from harness.records.weights import WeightsKind
from harness.run.session import Session
from harness.search.design import SearchDesign
from harness.search.text_check import TextCheck
from tests import factory
from tests.unit.judge.test_judge_text_quality import TEXT, TOKENS, seen

START = (("threads", "2"), ("fa", "0"), ("blas", "none"), ("quant", "f16"))


def change(**values: str) -> Values:
    return tuple((name, values.get(name, value)) for name, value in START)


class Reader:
    """A session whose steps have been done before anybody asked, with the results of a table."""

    def __init__(self) -> None:
        self.done: list[str] = []
        results = [
            seen(of, model=model, fa=fa)
            for of in ("text", "tokens")
            for model in ("base", "base-q5_0")
            for fa in (0, 1)
        ]
        results = [self._worsen(one.replace(step=str(one.case))) for one in results]
        steps = [factory.step(one.step, case=one.case).replace(repetition=1) for one in results]
        self.plan = Plan(sites=(), steps=tuple(steps))
        self.run = SimpleNamespace(results=results)

    def _worsen(self, one: Any) -> Any:
        if one.case.get("model") != "base":
            errors, mean = TEXT.replace(substitutions=3), TOKENS.replace(mean=0.5)
            return one.replace(
                text_errors=errors if one.text_errors else None, divergence=mean if one.divergence else None
            )
        return one

    def do_needed(self, step: Any) -> None:
        self.done.append(f"what {step.name} needs")

    def do(self, step: Any) -> None:
        self.done.append(step.name)


def check(guard: TextGuard, start: Values = START) -> tuple[TextCheck, Reader]:
    reader = Reader()
    design = SearchDesign(id="t", goal=Goal.LATENCY, model="base", budget_s=1, seed=1, start=start, guard=guard)
    texts = TextCheck(design, lambda binary: cast("Session", reader) if ("blas", "none") in binary else None)
    real = factory.weights().replace(kind=WeightsKind.FILE)
    texts.open_eyes(factory.run().replace(weights=(real,)), reader.plan)
    return texts, reader


def test_what_costs_too_much_is_said_and_looked_at_once() -> None:
    texts, reader = check(TextGuard(max_wer=0.05, max_divergence=1.0))
    assert texts.find_excess(change(quant="q5_0")) == "WER +9.1 points > +5.0"
    assert len(reader.done) == 8, "words and tokens of both, and what they need"
    assert texts.find_excess(change(quant="q5_0", threads="1")) == "WER +9.1 points > +5.0"
    assert len(reader.done) == 8
    assert texts.find_excess(change(fa="1")) == ""
    assert len(texts.looked) == 3
    assert texts.recall(change(quant="q5_0", fa="1")) is None


def test_the_start_never_costs_too_much() -> None:
    start = change(quant="q5_0")
    texts, reader = check(TextGuard(max_divergence=0.1), start)
    assert texts.find_excess(tuple((name, {"threads": "1"}.get(name, value)) for name, value in start)) == ""
    assert reader.done == []
    assert texts.find_excess(change(quant="q5_0", fa="1")) == "divergence 0.5 > 0.1"


def test_without_a_limit_nobody_looks_before_the_end() -> None:
    texts, reader = check(TextGuard())
    assert texts.find_excess(change(quant="q5_0")) == ""
    assert reader.done == []
    text, reference = texts.compare(change(quant="q5_0"))
    assert text is not None
    assert reference is not None
    assert (text.errors, reference.errors) == (4, 2)


def test_a_binary_that_cannot_be_built_has_no_text() -> None:
    texts, _ = check(TextGuard(max_wer=0.05))
    assert texts.find_excess(change(blas="openblas")) == "its text could not be looked at"


def test_a_limit_needs_something_to_look_at() -> None:
    texts, reader = check(TextGuard())
    synthetic = factory.run().replace(weights=(factory.weights(),))
    texts.open_eyes(synthetic, reader.plan)
    assert "synthetic" in texts.blindness
    assert texts.look(START) is None
    limited, _ = check(TextGuard(max_wer=0.01))
    with pytest.raises(UnavailableError, match="--max-wer and --max-divergence cannot be checked for base"):
        limited.open_eyes(synthetic, reader.plan)
