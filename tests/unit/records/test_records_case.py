import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnreadableError
from harness.records.case import Case

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
VALUES = st.from_regex(r"[^/=\s]{1,12}", fullmatch=True)


@given(benchmark=NAMES, params=st.dictionaries(NAMES.filter(lambda name: name != "benchmark"), VALUES, max_size=5))
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


def test_what_two_cases_share() -> None:
    one = Case.of("whisper", model="tiny", threads=2, fa=0)
    other = Case.of("whisper", model="tiny", threads=4, fa=0)
    assert str(one.shared(other)) == "whisper/fa=0/model=tiny"
    assert one.shared(one) == one
    assert one.shared(other) == other.shared(one)
    assert str(one.shared(Case.of("whisper"))) == "whisper"
