"""The answer of `harness ab` as a stranger may have written it: refused, or without any effect."""

import json
import math
import random
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.parse.ab_answer import MOST_ANSWER_BYTES, AbAnswer, parse_ab_answer
from harness.records.comparison import CounterRemark, CounterReport, CounterSign
from harness.records.measurement import COUNT_METRICS, COUNTERS
from harness.render.comment import MOST_CHARACTERS, REPEATED, draft_comment
from harness.settings.setting import TRIAL
from harness.settings.table import BY_NAME
from harness.stats.verdict import PairedSample, judge_pairs
from tests import contrast
from tests.browser.injection import INJECTIONS
from tests.unit.render.test_render_hostile import EVIL, STEERING, fences
from tests.unit.render.test_render_trial_report import LIVELY, SAME, WORSE, answer

HEAD = "b" * 40
Values = dict[str, Any]
MENTIONS = ("@everyone", "#1", "GH-1", "a/b#1", "https://e.vil", "www.e.vil", "me@e.vil", HEAD, "![x](http://e.vil)")
FENCES = ("```", "~~~~", "`", "``` `` `", "</details>", "<!-- whisper-harness gate run=9 attempt=9 -->", "$`x`$", "\\")
TEXTS = st.sampled_from((*INJECTIONS, EVIL, *MENTIONS, *FENCES)) | st.text(max_size=30)
EVIL_TEXT = st.lists(TEXTS, min_size=1, max_size=3).map(lambda parts: " ".join(parts)[:3000])


COUNTED = WORSE.replace(metric=COUNT_METRICS["encode", COUNTERS[0]].name)
COUNTERS_OF_IT = CounterReport(
    instructions=answer(COUNTED).family or contrast.family(),
    others=answer(COUNTED).family or contrast.family(),
    remarks=(CounterRemark(case=WORSE.case, metric="encode", sign=CounterSign.OTHER_WORK, message="more work"),),
)


def document(**changes: Any) -> Values:
    report = answer(WORSE, SAME, repeat="harness ab a b --model tiny --threads 2 --relink", counters=COUNTERS_OF_IT)
    whole = {"schema": 1, "verb": "ab", "harness": "1", "exit_code": 20, "status": "regression"}
    return whole | {"result": msgspec.to_builtins(report)} | changes


def read(content: Values) -> AbAnswer:
    return parse_ab_answer(json.dumps(content).encode(), "answer.json")


def edit(change: Callable[[Values], object]) -> bytes:
    content = document()
    change(content["result"])
    return json.dumps(content).encode()


def set_first(name: str, value: object) -> Callable[[Values], object]:
    return lambda result: result["family"]["comparisons"][0].update({name: value})


@pytest.mark.parametrize(
    ("raw", "about"),
    [
        (b"", "the file is empty"),
        (b"{", "truncated"),
        (b"[" * 100_000, "is not an answer"),
        (b"\xff", "is not an answer"),
        (b" " * (MOST_ANSWER_BYTES + 1), "bytes, at most 1048576 are read"),
        (json.dumps(document(verb="run", result=None)).encode(), "it is the answer of another verb"),
        (json.dumps(document(more=1)).encode(), "unknown field `more`"),
        (json.dumps(document(exit_code=10**30)).encode(), "is not an answer"),
        (edit(lambda result: result.update(node=1)), "Expected `str`"),
        (edit(lambda result: result.update(node="x" * 5000)), "has 5000 characters"),
        (
            edit(lambda result: result["counters"]["others"]["comparisons"][0].update(metric="x")),
            "a metric that this harness does not know",
        ),
        (edit(lambda result: result["contender"].update(sha="HEAD")), "not 40 hex digits"),
        (edit(lambda result: result.update(wall_s=1e200)), "a number in it is too large"),
        (edit(set_first("change", float("nan"))), "is not an answer"),
        (edit(set_first("verdict", "UNCHANGED")), "do not fit its verdict, UNCHANGED"),
        (edit(set_first("verdict", "IMPROVED")), "do not fit its verdict, IMPROVED"),
        (edit(set_first("verdict", "UNRESOLVED")), "do not fit its verdict, UNRESOLVED"),
        (edit(set_first("relevant", value=False)), "do not fit its verdict, REGRESSED"),
        (edit(set_first("change", 0.5)), "do not fit its verdict, REGRESSED"),
        (edit(set_first("low", -0.9)), "do not fit its verdict, REGRESSED"),
        (edit(set_first("n", -1)), "do not fit its verdict, REGRESSED"),
        (edit(set_first("change", 0)).replace(b'"change": 0', b'"change": 1e999'), "is not an answer"),
        (edit(set_first("p", float("inf"))), "is not an answer"),
        (edit(set_first("metric", "secrets")), "a metric that this harness does not know"),
        (edit(set_first("case", {"benchmark": "x", "params": []})), "a benchmark that this harness does not know"),
        (edit(set_first("case", {"benchmark": "whisper", "params": [["a", "x" * 300]]})), "case is too long"),
        (edit(set_first("verdict", "GREAT")), "Invalid enum value"),
        (
            edit(lambda result: result["family"].update(comparisons=result["family"]["comparisons"][:1] * 999)),
            "1001 comparisons, at most 1000 are read",
        ),
        (
            edit(lambda result: result["family"].update(comparisons=result["family"]["comparisons"][:1] * 10_000)),
            "bytes, at most",
        ),
    ],
)
def test_what_ab_never_prints_is_refused(raw: bytes, about: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        parse_ab_answer(raw, "answer.json")
    assert about in str(refused.value)
    assert refused.value.exit_code == 5


def test_an_answer_comes_back() -> None:
    known = read(document()).result
    assert known
    assert known.comparisons == answer(WORSE, SAME).comparisons
    assert read(document(result=None)).result is None


def list_texts(value: Any) -> list[tuple[Any, Any]]:
    """Return the places of all texts in plain data that are not words of a closed list."""
    closed = ("verdict", "metric", "benchmark", "sha", "sign")
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    found = [(value, key) for key, one in pairs if isinstance(one, str) and key not in closed]
    return found + [place for _, one in pairs if isinstance(one, dict | list) for place in list_texts(one)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=EVIL_TEXT, short=st.sampled_from((*MENTIONS, *FENCES, EVIL[:60])))
def test_no_text_in_it_has_any_effect(text: str, short: str) -> None:
    content = document()
    result = content["result"]
    message = {"code": text, "message": text}
    result["family"]["caveats"] = [message] * 30
    result["family"]["comparisons"][0]["caveats"] = [message]
    result["missing"], result["failure"] = [text] * 40, text
    for place, key in list_texts(result):
        place[key] = text
    counted = [one for family in ("instructions", "others") for one in result["counters"][family]["comparisons"]]
    for one in (*result["family"]["comparisons"], *counted):
        one["case"]["params"] = [[short, short], ["model", short]]
    report = read(content).result
    assert report
    draft = draft_comment(report, 12)
    outside = re.sub(r"`[^`\n]*`", "", fences(draft.text))
    assert not LIVELY.search(outside)
    assert not STEERING.search(draft.text.replace("\n", ""))
    assert {line.count("|") for line in fences(draft.text).splitlines() if line.startswith("|")} <= {3, 10}
    assert len(draft.text) < MOST_CHARACTERS


def test_the_longest_answer_makes_a_comment_that_fits() -> None:
    content = document()
    result = content["result"]
    caveats = [{"code": "x" * 400, "message": f"{number} {'y' * 3000}"} for number in range(40)]
    result["family"]["caveats"] = caveats
    result["family"]["comparisons"] = [
        one | {"case": {"benchmark": "whisper", "params": [["model", "m" * 150], ["n", str(number)]]}}
        for number, one in enumerate(result["family"]["comparisons"][:1] * 300)
    ]
    result["missing"] = ["z" * 3000] * 50
    counters = result["counters"]
    counters["remarks"] = [one | {"message": "r" * 3000} for one in counters["remarks"] * 40]
    for family in ("instructions", "others"):
        counters[family]["comparisons"] *= 100
    report = read(content).result
    assert report
    draft = draft_comment(report, 1)
    assert 10_000 < len(draft.text) < MOST_CHARACTERS
    assert "Not shown: 260 REGRESSED." in draft.text


def test_only_plain_words_of_a_command_are_repeated() -> None:
    evil = "harness ab x y --model tiny --repo http://e.vil --tools /tmp/x -D A=B --threads '2; rm -rf /' --metric=x "
    evil += "--max-time 10m --engine $(id) --relink --define CMAKE_C_COMPILER=/tmp/cc --compiler /tmp/cc --isa -x"
    draft = draft_comment(answer(WORSE, repeat=evil), 7)
    command = draft.text.rpartition("```sh\n")[2].partition("\n```")[0]
    assert command == f"gh pr checkout 7\nharness ab {'a' * 12} {'b' * 12} --model tiny --max-time 10m --relink"
    assert "```sh" not in draft_comment(answer(WORSE, contender=answer().contender.replace(sha=""))).text
    assert "gh pr" not in draft_comment(answer(WORSE)).text
    assert "harness ab" in draft_comment(answer(WORSE, repeat="harness ab 'open")).text
    assert all(TRIAL[0] in BY_NAME[name].commands for name in REPEATED)


@pytest.mark.parametrize("threshold", [0.0, 0.02, 0.5, 2.0])
def test_no_answer_of_ours_contradicts_itself(threshold: float) -> None:
    draw = random.Random(threshold)
    verdicts = set()
    for shift in (0.0, 0.001, -0.019, 0.0201, -0.05, 0.4, 1.2):
        for noise, blocks in ((0.0, 40), (0.001, 40), (0.02, 40), (0.5, 12), (0.1, 1)):
            samples = [
                PairedSample(
                    case=WORSE.case,
                    metric=metric,
                    blocks=tuple(
                        ((math.exp(draw.gauss(0, noise)), math.exp(shift + draw.gauss(0, noise))),)
                        for _ in range(blocks)
                    ),
                )
                for metric in ("encode", "copy_rate")
            ]
            family = judge_pairs(samples, alpha=0.01, threshold=threshold)
            report = answer(WORSE).replace(family=family)
            assert read(document(result=msgspec.to_builtins(report))).result == report
            verdicts |= {(one.verdict, one.relevant) for one in family.comparisons}
    assert len(verdicts) >= 3
