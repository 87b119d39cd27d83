from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.records.measurement import METRICS, Case, name_cases

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
VALUES = st.from_regex(r"[^/=\s]{1,12}", fullmatch=True)


@given(benchmark=NAMES, params=st.dictionaries(NAMES, VALUES, max_size=5))
@example(benchmark="whisper", params={"benchmark": "1", "cls": "2"})
def test_names_round_trip(benchmark: str, params: dict[str, str]) -> None:
    case = Case.of(benchmark, **params)
    assert Case.parse(str(case)) == case
    assert all(case.get(key) == value for key, value in params.items())


def test_order_of_parameters_does_not_matter() -> None:
    assert str(Case.of("whisper", threads=4, model="base", fa=0)) == "whisper/fa=0/model=base/threads=4"
    assert Case.parse("whisper/threads=4/fa=0/model=base") == Case.of("whisper", model="base", threads=4, fa=0)


@pytest.mark.parametrize(
    "text", ["", "Whisper", "whisper/", "whisper/model", "whisper/model=", "whisper/a=1/a=2", "whisper/a=b c", "a/B=1"]
)
def test_other_texts_are_no_names(text: str) -> None:
    with pytest.raises(UnreadableError):
        Case.parse(text)


def test_two_sides_are_one_case() -> None:
    one = Case.of("whisper", model="tiny", threads=2, fa=0)
    other = Case.of("whisper", model="tiny", threads=4, fa=0)
    assert str(one.against(other)) == "whisper/fa=0/model=tiny/threads=2->4"
    assert str(other.against(one)) == "whisper/fa=0/model=tiny/threads=4->2"
    assert str(one.against(other).common) == "whisper/fa=0/model=tiny"
    assert one.against(one) == one.common == one
    alone = one.against(Case.of("whisper"))
    assert (str(alone), str(alone.common)) == ("whisper/fa=0->/model=tiny->/threads=2->", "whisper")
    assert Case.parse(str(alone)) == alone


@given(st.lists(st.tuples(st.sampled_from(["tiny", "base"]), st.sampled_from(["1", "2"]), st.booleans()), min_size=1))
def test_every_pair_of_sides_has_a_name_of_its_own(sides: list[tuple[str, str, bool]]) -> None:
    pairs = [
        Case.of("whisper", model=model, threads=threads).against(
            Case.of("whisper", model=f"{model}-q5_0" if quant else model, threads="4")
        )
        for model, threads, quant in sides
    ]
    names = name_cases(pairs)
    assert names.keys() == set(pairs)
    assert len(set(names.values())) == len(names)
    assert all(name in (case, case.common) for case, name in names.items())


def test_what_differs_is_said_where_it_must_be() -> None:
    tiny, base = (
        Case.of("whisper", model=model, fa=0).against(Case.of("whisper", model=f"{model}-q5_0", fa=0))
        for model in ("tiny", "base")
    )
    assert {str(name) for name in name_cases([tiny, tiny]).values()} == {"whisper/fa=0"}
    assert {str(name) for name in name_cases([tiny, base]).values()} == {
        "whisper/fa=0/model=tiny->tiny-q5_0",
        "whisper/fa=0/model=base->base-q5_0",
    }


GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


def test_the_glossary_lists_every_metric_with_label_and_unit() -> None:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    listed = {row[0]: (row[1], row[2]) for row in rows if row[0] in METRICS}
    assert listed == {metric.name: (metric.label, metric.unit) for metric in METRICS.values()}
