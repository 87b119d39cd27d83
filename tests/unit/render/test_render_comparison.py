"""Comparisons as text: the golden files, and the sentence to act on."""

import pytest

from harness.records.comparison import Family, Verdict
from harness.render.comparison import ComparedSides, conclude_family, render_comparison
from harness.stats.verdict import PAIRED_METHOD
from tests import contrast


@pytest.mark.parametrize("name", contrast.NAMES_OF_FILES)
def test_golden(name: str) -> None:
    assert contrast.render(name) == (contrast.GOLDEN / name).read_text(encoding="utf-8")


def test_no_line_is_too_wide_and_nothing_steers_the_terminal() -> None:
    text = contrast.render("full.txt")
    assert max(map(len, text.splitlines())) <= 120
    assert "\x1b" not in text


def test_a_narrow_terminal_gets_a_table_in_parts() -> None:
    text = render_comparison(contrast.family(), ComparedSides("a", "b"), full=True, width=80)
    table, _, rest = text.partition("  all of ")
    assert max(map(len, table.splitlines())) <= 80
    heads = [line.split() for line in table.splitlines() if line.startswith("  case")]
    assert [head[:3] for head in heads] == [["case", "metric", "verdict"]] * len(heads)
    assert [word for head in heads for word in head[3:]] == ["baseline", "contender", "change", "p", "MDE", "n"]
    assert all(len(line) <= 80 for line in rest.splitlines() if "caveat: " in line)


def of(*verdicts: Verdict, relevant: bool = False, mde: float | None = 0.012) -> Family:
    changes = {Verdict.REGRESSED: 0.051, Verdict.IMPROVED: -0.051, Verdict.UNCHANGED: 0.001, Verdict.UNRESOLVED: 0.01}
    family = contrast.family()
    some = tuple(
        contrast.comparison("encode", one, changes[one], relevant=relevant and "ED" in one[-2:], mde=mde)
        for one in verdicts
    )
    return family.replace(comparisons=some)


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        (
            of(Verdict.UNCHANGED, Verdict.UNCHANGED),
            "no relevant difference; a change of 1.2 % or more would have been detected.",
        ),
        (
            of(Verdict.IMPROVED),
            "no relevant difference; a change of 1.2 % or more would have been detected.",
        ),
        (
            of(Verdict.REGRESSED, relevant=True),
            "1 relevant regression: encode of whisper/fa=0/model=base/threads=4 +5.1 %.",
        ),
        (
            of(Verdict.UNRESOLVED, mde=None),
            "nothing is resolved: make more runs of each side, or use harness ab, which measures both sides in turns.",
        ),
        (
            of(Verdict.UNCHANGED, Verdict.UNRESOLVED).replace(method=PAIRED_METHOD),
            (
                "no relevant difference among the others; a change of 1.2 % or more would have been detected; 1 "
                "unresolved: try a longer --max-time, a quieter node or a larger --threshold."
            ),
        ),
        (of(), "no speeds were compared."),
    ],
)
def test_the_last_sentence(family: Family, sentence: str) -> None:
    assert conclude_family(family) == sentence


def test_what_is_not_the_same_quantity_needs_no_more_runs() -> None:
    cells = contrast.family().comparisons[4:]
    assert conclude_family(of().replace(comparisons=cells)) == (
        "30 not judged, because the two sides do not measure the same quantity."
    )


def test_several_regressions_are_named_the_worst_first() -> None:
    family = of(*[Verdict.REGRESSED] * 5, relevant=True)
    worse = tuple(one.replace(change=0.03 * place) for place, one in enumerate(family.comparisons, 1))
    sentence = conclude_family(family.replace(comparisons=worse))
    assert sentence.startswith("5 relevant regressions: encode of whisper/fa=0/model=base/threads=4 +15.0 %,")
    assert sentence.endswith("and 2 more.")


def test_a_family_without_comparisons_still_says_so() -> None:
    assert "no speeds were compared" in render_comparison(of(), ComparedSides("a", "b"))


@pytest.mark.parametrize(("width", "columns"), [(80, 21), (100, 27), (160, 41)])
def test_a_terminal_gets_intervals_drawn_on_one_scale(width: int, columns: int) -> None:
    text = render_comparison(contrast.family(), ComparedSides("a", "b"), width=width, plain=True)
    lines = text.splitlines()
    place = next(number for number, line in enumerate(lines) if "-2.6 %" in line)
    head = lines[place]
    start = head.index("-2.6 %")
    assert head[start:].startswith(f"-2.6 %{'+8.0 %'.rjust(columns - 6)}")
    drawn = [line[start : start + columns] for line in lines[place + 1 : place + 5]]
    assert ["[" in line for line in drawn] == [True, True, True, False], "one has no interval"
    assert len({line.index("|") for line in drawn if "|" in line}) == 1, "no change is at one place in all lines"
    assert all(line.count("o") == 1 for line in drawn)
    assert "[o] the change and its interval, | none, : the threshold" in text
    assert max(map(len, lines[: place + 6])) <= width


def test_many_lines_are_drawn_only_where_that_takes_no_further_lines() -> None:
    wide, narrow = (
        render_comparison(contrast.family(), ComparedSides("a", "b"), full=True, width=width) for width in (160, 80)
    )
    assert "●" in wide
    assert "●" not in narrow
    assert "●" not in render_comparison(contrast.family(), ComparedSides("a", "b"), full=True), "no terminal"
