"""The page of a run: what it says first, what it shows of steps and logs, and how large it becomes."""

import pytest

from harness.records.caveat import Caveat
from harness.records.measurement import Case
from harness.records.outcome import CTestResult, Status, StepResult
from harness.records.plan import Phase
from harness.records.run import GGML_CI, Run
from harness.records.site import SiteState
from harness.render.figure.choice import draw_all, list_run_figures
from harness.render.html.block import CaveatBlock, LogBlock, TableBlock
from harness.render.html.page import PageFrame
from harness.render.html.report import render_content, render_run_page
from harness.render.html.report_number import describe_best
from harness.render.html.report_run import ReportedRun, conclude_run, list_facts, view_run, view_runs
from harness.render.html.report_step import list_steps, tail
from harness.system.asset import load_page_kit
from tests.factory import completed, result, run

_BASE = Case.of("whisper", model="base", threads=4, fa=0)


def bench(case: Case, repetition: int, value: float = 800.0) -> StepResult:
    name = f"bench_{case.get('model')}_t{case.get('threads')}_fa{case.get('fa')}_r{repetition}"
    values = ((case, "encode", value), (case, "decode", value / 250), (case, "batchd", 2.0), (case, "prompt", 1.5))
    made = result(name, Phase.BENCHMARK, Status.PASSED, *values)
    return made.replace(case=case, repetition=repetition, log=f"{name}.log")


def failed(name: str, phase: Phase, reason: str = "exit code 1") -> StepResult:
    return result(name, phase, Status.FAILED).replace(reason=reason, log=f"{name}.log", completed=completed(1))


def full_run() -> Run:
    cases = [
        Case.of("whisper", model=model, threads=threads, fa=fa)
        for model in ("tiny", "base", "small", "medium", "large-v3")
        for threads in (1, 2, 4)
        for fa in (0,)
    ]
    mul_mat = [
        (Case.of("mul_mat", type=kind, n=n, threads=4), "flop_rate", 10.0 + n / 64)
        for kind in ("q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "f16", "f32")
        for n in (64, 128, 256, 512, 1024, 2048, 4096)
    ]
    memcpy = [(Case.of("memcpy", threads=threads), "copy_rate", 7.0 + threads) for threads in range(1, 17)]
    made = run(
        *(result(name, Phase.BUILD) for name in ("configure_release", "build_release")),
        result("mul_mat", Phase.BENCHMARK, Status.PASSED, *mul_mat),
        result("memcpy", Phase.BENCHMARK, Status.PASSED, *memcpy),
        *(bench(case, repetition, 700.0 + repetition) for case in cases for repetition in (1, 2, 3)),
    )
    suite = made.suite.replace(models=("tiny", "base", "small", "medium", "large-v3"), threads=(1, 2, 4))
    return made.replace(suite=suite, caveats=(Caveat(code="dirty", message="changed"), Caveat(code="new", message="?")))


def page_of(made: Run, logs: dict[str, str], path: str = "", report: str = "") -> bytes:
    one = ReportedRun(made, logs, path, report)
    return render_run_page(load_page_kit(), PageFrame(title="x", alone=True), one, draw_all(list_run_figures(made)))


def test_a_whole_ordinary_run_is_a_page_of_less_than_300_kilobytes() -> None:
    made = full_run()
    logs = {one.log: "".join(f"{one.step} line {n} {'x' * 150}\n" for n in range(2000)) for one in made.results}
    page = page_of(made, logs, "/results/node/2026-01/id")
    assert 100_000 < len(page) <= 300_000
    assert b"large-v3" in page
    assert page.count(b'<svg class="figure"') >= 2


def test_the_first_sentence_says_what_came_of_it() -> None:
    cells = run(result("build_release", Phase.BUILD), bench(_BASE, 1))
    suite = cells.suite.replace(models=("base",), benchmarks=())
    assert conclude_run(cells.replace(suite=suite)) == (
        "All 2 steps passed. The model base encodes in 800.0 ms and decodes a token in 3.200 ms, with 4 threads."
    )
    broken = run(failed("build_release", Phase.BUILD, "a header\nis missing."), bench(_BASE, 1))
    assert conclude_run(broken) == "The build failed: build_release: a header is missing."
    checks = tuple(CTestResult(name=f"t{n}", status=Status.FAILED, wall_s=1.0) for n in range(7))
    tested = run(failed("ctest_release", Phase.TEST).replace(checks=checks))
    assert conclude_run(tested) == "7 tests failed: t0, t1, t2, t3, t4 and 2 more."
    two = run(failed("mul_mat", Phase.BENCHMARK), failed("memcpy", Phase.BENCHMARK))
    assert conclude_run(two) == "mul_mat and 1 more step failed: exit code 1."
    assert conclude_run(run(result("configure", Phase.CONFIGURE))) == "Nothing was measured."


def test_caveats_have_the_meaning_of_their_codes_and_unknown_ones_none() -> None:
    content = view_run(ReportedRun(full_run(), {}, ""), ())
    (block,) = (block for part in content.sections for block in part.blocks if isinstance(block, CaveatBlock))
    assert [(one.code, bool(one.meaning)) for one in block.caveats] == [("dirty", True), ("new", False)]
    assert content.more == "Read with 2 caveats: see below."
    assert content.mark is SiteState.STEADY


def test_the_log_of_a_failed_step_stands_open_and_is_longer() -> None:
    made = run(result("configure", Phase.CONFIGURE).replace(log="c.log"), failed("build_release", Phase.BUILD))
    text = "".join(f"line {number}\n" for number in range(100))
    (section,) = list_steps(made, {"c.log": text, "build_release.log": text}, "/r")
    first, second = (block for block in section.blocks if isinstance(block, LogBlock))
    assert (first.opened, second.opened) == (False, True)
    assert first.text.splitlines()[0] == "(92 lines before)"
    assert len(second.text.splitlines()) == 61
    assert second.place == "/r/logs/build_release.log"
    assert second.note == "exit code 1"


def test_a_log_is_cut_and_cannot_steer_a_terminal() -> None:
    assert tail("a\n\n\x1b[31mred\u202e\r\n" + "x" * 999, 8).splitlines() == [
        "a",
        "\ufffd[31mred\ufffd",
        "x" * 239 + "\u2026",
    ]


def test_a_run_of_very_many_steps_shows_equal_ones_in_one_row() -> None:
    blocks = [bench(_BASE, number) for number in range(400)]
    made = run(*blocks, failed("bench_base_t4_fa0_r400", Phase.BENCHMARK).replace(case=_BASE))
    (section,) = list_steps(made, {one.log: "text\n" for one in made.results}, "/r")
    (table,) = (block.table for block in section.blocks if isinstance(block, TableBlock))
    assert len(table.rows) == 2
    assert table.rows[0].cells[0].text == f"{_BASE} (400 times)"
    assert "401 steps, equal ones in one row" in table.caption
    assert len([block for block in section.blocks if isinstance(block, LogBlock)]) == 2


@pytest.mark.parametrize("value", [1e300, 1e-300])
def test_any_number_can_be_shown(value: float) -> None:
    page = page_of(run(bench(_BASE, 1, value)), {}).decode()
    assert "0" * 30 not in page


def test_several_runs_stand_side_by_side_and_are_no_verdict() -> None:
    broken = run(failed("build_release", Phase.BUILD)).replace(id="20260102T000000Z-f24588a2-abcdef01")
    content = view_runs([ReportedRun(full_run(), {}, "/a"), ReportedRun(broken, {}, "/b")], ())
    assert content.lead == "2 runs on 1 node: 1 passed, 1 failed."
    assert content.mark is SiteState.MISSING
    assert "harness compare" in content.more
    names = [section.name for section in content.sections]
    assert len(set(names)) == len(names)


def test_steps_of_many_runs_are_found_from_their_table() -> None:
    for count, listed in ((2, True), (9, False)):
        content = view_runs([ReportedRun(full_run(), {}, "/a")] * count, ())
        page = render_content(load_page_kit(), PageFrame(title="x", alone=True), content).decode()
        assert page.count('<section id="steps-of-run-') == count
        for number in range(1, count + 1):
            assert page.count(f'href="#steps-of-run-{number}"') == 1 + listed


def test_what_is_not_known_of_an_imported_run_is_left_out() -> None:
    made = run().replace(origin=GGML_CI, start="", environment=(), source=run().source.replace(path=""))
    text = page_of(made, {}, "/r.md", "## Summary\nend\n").decode()
    assert "ggml-ci (imported)" in text
    assert "<dt>Began</dt>" not in text
    assert "## Summary\nend" in text
    assert "None" not in text.partition("<body>")[2]


@pytest.mark.parametrize(("threads", "end"), [("1", ", with 1 thread."), ("4", ", with 4 threads."), ("x", " ms.")])
def test_threads_that_are_not_known_are_left_out(threads: str, end: str) -> None:
    case = Case.of("whisper", model="base", threads=threads, fa=0)
    one = run(result("bench", Phase.BENCHMARK, Status.PASSED, (case, "encode", 800.0)))
    assert describe_best(one).endswith(end)


def test_times_keep_their_offset() -> None:
    one = run()
    for date, shown in (
        ("2026-07-10T11:06:42+03:00", "2026-07-10 11:06:42 +03:00"),
        ("2026-07-10T11:06:42.123456+00:00", "2026-07-10 11:06:42 UTC"),
        ("2026-07-10T11:06:42Z", "2026-07-10 11:06:42 UTC"),
        ("2026-07-10", "2026-07-10"),
    ):
        changed = one.replace(source=one.source.replace(commit=one.source.commit.replace(date=date)))
        assert dict(list_facts(changed, ""))["Commit date"].text == shown
