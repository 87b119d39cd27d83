"""Pages of what was measured together: the first sentence, the mark of its state, and nothing that breaks them."""

import pytest

from harness.records.bisection import BisectVerdict, Suspect
from harness.records.comparison import Comparison, Family, Verdict
from harness.records.history import EventKind
from harness.records.site import SiteState
from harness.records.tune import Duel
from harness.render.html.block import CommandBlock, PageContent, TableBlock
from harness.render.html.page import PageFrame
from harness.render.html.report import render_content
from harness.render.html.report_bisection import view_bisection
from harness.render.html.report_night import mark_night, view_night
from harness.render.html.report_sweep import view_sweep
from harness.render.html.report_trial import mark_family, tabulate_comparisons
from harness.render.html.report_tuning import view_tuning
from harness.system.asset import load_page_kit
from tests.unit.render import test_render_bisection as bisection
from tests.unit.render import test_render_night as night
from tests.unit.render.test_render_sweep import chart
from tests.unit.render.test_render_tune import looked
from tests.unit.store.test_store_tuning_file import search


def page_of(content: PageContent) -> str:
    return render_content(load_page_kit(), PageFrame(title="x", alone=True), content).decode().partition("<body>")[2]


def commands(content: PageContent) -> list[str]:
    return [block.line for part in content.sections for block in part.blocks if isinstance(block, CommandBlock)]


def test_a_bisection_begins_with_the_commit_and_the_size_of_its_change() -> None:
    content = view_bisection(bisection.report(), ())
    assert content.lead.startswith(
        "encode of whisper/fa=0/model=tiny/threads=2: 4.8% slower with bbbbbbbb (ggml : faster"
    )
    assert content.mark is SiteState.SLOWER
    assert content.more == "FOUND: 1 commit changed encode; the whole step is explained."
    page = page_of(content)
    assert "\x07" not in page
    assert "\x1b" not in page
    assert "97.0%" in page
    assert commands(content)[-1] == "harness show 20260101T000000Z-bisect-01234567"


def test_files_that_are_left_out_are_counted() -> None:
    report = bisection.report()
    (first, *others) = report.named
    many = first.replace(files=tuple(f"{number}.c" for number in range(9)))
    assert "5.c and 3 more" in page_of(view_bisection(report.replace(named=(many, *others)), ()))
    assert " more" not in page_of(view_bisection(report, ())).partition("Files")[2][:300]


def test_a_bisection_without_an_answer_names_those_that_are_left() -> None:
    suspects = tuple(Suspect(commit=f"{number:040x}", probability=0.01) for number in range(99))
    left = bisection.report(
        verdict=BisectVerdict.UNRESOLVED, why="the time was up", culprits=(), ends=None, suspects=suspects, chances=()
    )
    content = view_bisection(left, ())
    assert (content.lead, content.mark) == ("The time was up.", SiteState.TOO_FEW)
    assert page_of(content).count("<tr") < 60
    nothing = bisection.report(verdict=BisectVerdict.NOTHING, why="no change", culprits=(), named=(), visits=())
    assert view_bisection(nothing, ()).mark is SiteState.STEADY


def test_a_sweep_begins_with_what_is_best_and_whether_that_is_sure() -> None:
    content = view_sweep(chart(), (), ())
    assert content.lead == (
        "threads=2 fa=0 has the smallest median in encode: 500.0 ms/pass, but 1 other cell cannot be told from it yet."
    )
    assert content.mark is SiteState.TOO_FEW
    (cells, *_) = (block.table for part in content.sections for block in part.blocks if isinstance(block, TableBlock))
    assert len(cells.rows) == len(chart().rows)
    empty = chart().replace(standings=(), rows=())
    assert view_sweep(empty, (), ()).lead == "Nothing was measured."


def test_a_search_that_looked_at_the_text_shows_what_it_cost() -> None:
    content = view_tuning(looked(), ())
    assert "(-27.3 %), text: WER 4.5 % (+4.5 points), divergence 0.012, top-1 96.7 %" in content.lead
    (stages, *_) = (block.table for part in content.sections for block in part.blocks if isinstance(block, TableBlock))
    names = [column.name for column in stages.columns]
    assert names[5:8] == ["WER %", "KL nats", "top-1 %"]
    assert all(len(row.cells) == len(names) for row in stages.rows)
    page = page_of(content)
    assert "WER +18.2 points &gt; +5.0" in page
    assert "22 words cannot show 5 points" in page
    assert "Limit of the word error rate" in page


def test_a_search_for_settings_begins_with_the_winner() -> None:
    tuning = search()
    duel = Duel(against="the start", values=tuning.winner, comparison=bisection.compare(-0.1))
    content = view_tuning(tuning.replace(duels=(duel,)), ())
    assert content.lead == "quant=f16 threads=4 fa=0: 812.5 ms/window; nothing was better than the start."
    page = page_of(content)
    assert "Against the start" in page
    assert "cmake -B build" in page
    assert content.mark is SiteState.STEADY
    assert view_tuning(tuning, ()).mark is SiteState.TOO_FEW


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({}, SiteState.STEADY),
        ({"stopped": "the disk was full"}, SiteState.MISSING),
        ({"new": (night.event(EventKind.NODE),)}, SiteState.NODE),
        ({"new": (night.event(EventKind.YARDSTICK),)}, SiteState.NODE),
        ({"new": (night.event(EventKind.NODE), night.event(EventKind.CODE))}, SiteState.FASTER),
        ({"new": (night.event(EventKind.NODE), night.SLOWER)}, SiteState.SLOWER),
        ({"new": (night.event(EventKind.MISSING), night.event(EventKind.NODE))}, SiteState.MISSING),
    ],
)
def test_the_mark_of_a_night_is_the_worst_of_what_is_new(changes: dict[str, object], mark: SiteState) -> None:
    assert mark_night(night.report(**changes)) is mark


def test_a_night_is_its_morning_report() -> None:
    content = view_night(night.full())
    assert content.mark is SiteState.SLOWER
    page = page_of(content)
    assert "\x1b" not in page
    for part in content.sections:
        assert f">{part.title}</h2>" in page


def test_the_mark_of_a_comparison_is_the_worst_that_is_relevant() -> None:
    def of(*found: tuple[Verdict, bool]) -> Family:
        made = [bisection.compare(0.05).replace(verdict=verdict, relevant=relevant) for verdict, relevant in found]
        return Family(comparisons=tuple(made), alpha=0.01, threshold=0.02, method="x")

    assert mark_family(of((Verdict.IMPROVED, True), (Verdict.REGRESSED, True))) is SiteState.SLOWER
    assert mark_family(of((Verdict.REGRESSED, False), (Verdict.IMPROVED, True))) is SiteState.FASTER
    assert mark_family(of((Verdict.REGRESSED, False), (Verdict.UNCHANGED, False))) is SiteState.STEADY
    assert mark_family(of((Verdict.UNRESOLVED, False))) is SiteState.TOO_FEW


def test_a_comparison_without_an_interval_has_dashes() -> None:
    bare: Comparison = bisection.compare(0.05).replace(low=None, high=None, mde=None, p=0.00001)
    (row,) = tabulate_comparisons([bare], "x").rows
    assert [cell.text for cell in row.cells[5:]] == ["+5.0 %", "<0.0001", "\N{EN DASH}", "12"]
    assert not row.cells[5].note
