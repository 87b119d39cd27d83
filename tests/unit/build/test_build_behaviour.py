"""Equal words are one yardstick, and borders that cannot matter to a run are not in them."""

import pytest

from harness.build.behaviour import name_yardstick
from harness.records.run import GGML_CI, Run
from tests import sheet


def at(release: str = "", date: str = "", origin: str = "harness") -> Run:
    run = sheet.run()
    commit = run.source.commit.replace(release=release, date=date)
    return run.replace(source=run.source.replace(commit=commit), origin=origin)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (at("v1.8.4"), at("v1.8.5"), True),
        (at("v1.8.3"), at("v1.8.4"), False),
        (at("v1.8.5"), at(date="2026-08-01"), True),
        (at("v1.7.5"), at("v1.8.0"), False),
    ],
)
def test_the_timed_work_of_whisper_bench(one: Run, other: Run, *, same: bool) -> None:
    assert (name_yardstick("whisper", one) == name_yardstick("whisper", other)) is same


def test_a_default_matters_only_where_nobody_says_what_he_wants() -> None:
    ours, theirs = name_yardstick("whisper", at("v1.8.5")), name_yardstick("whisper", at("v1.8.5", origin=GGML_CI))
    assert "flash attention by default: on" in theirs
    assert "flash attention" not in ours


def test_each_benchmark_has_its_own() -> None:
    assert name_yardstick("mul_mat", at("v1.8.5")) == (
        "backend of mul_mat: made and freed inside each timed call; "
        "data of mul_mat: bytes 0 to 63, filled again for each type"
    )
    assert name_yardstick("memcpy", at("v1.8.5")) == ""


def test_what_is_not_known_is_left_out() -> None:
    assert "data of mul_mat" not in name_yardstick("mul_mat", at(date="2026-01-01"))
