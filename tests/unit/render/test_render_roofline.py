"""The roofline as people see it."""

from harness.judge.roofline import judge_roofline, list_shares
from harness.records.measurement import Case
from harness.records.outcome import Status
from harness.records.plan import Phase
from harness.render.display import render_display
from harness.render.environment import render_environment
from harness.render.roofline import describe_roofline, list_roofline, render_roofline
from harness.render.terminal import render_summary
from tests import factory
from tests.unit.judge.test_judge_roofline import NODE, measured, roofline, timed


def run_of(*products: tuple[Case, str, float]) -> tuple[str, ...]:
    run = factory.run(
        measured("roof_before", 410, 30),
        timed(),
        factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, *products),
        measured("roof_after", 390, 32),
    )
    return tuple(list_roofline(run, list_shares(run)))


def test_the_table_says_conventions_and_spread() -> None:
    text = render_roofline(
        roofline().replace(caveats=tuple(judge_roofline(roofline(occupancy=0.5), NODE))), NODE, {4: 396.8}
    )
    assert "396.0 (0.0%)" in text
    assert "a multiply-add is two operations" in text
    assert "every byte read counts once" in text
    assert "FLOP/cycle" in text
    assert "31.9" in text, "396 / 4 / 3.1"
    assert "396.8" in text
    assert "[roof-disturbed]" in text
    assert "copy" not in text, "it was not measured"


def test_the_shares_are_percent_of_a_named_roofline() -> None:
    cells = [(Case.of("mul_mat", n=n, threads=4, type=kind), "flop_rate", value) for n, kind, value in PRODUCTS]
    text = "\n".join(run_of(*cells))
    assert "410.0 and 390.0 GFLOP/s, reads 30.0 and 32.0 GB/s with 4 threads" in text
    assert "tiny, 4 threads, fa 0" in text
    assert "10% (40.5 GFLOP/s)" in text
    assert "n=64  n=4096" in text
    assert "0.5%    150%" in text
    assert "quantised types multiply in eight bits" in text
    assert "the decoder's weights and\n  both KV caches" in text


PRODUCTS = ((64, "q4_0", 2.0), (4096, "q4_0", 600.0), (4096, "f32", 100.0))


def test_no_roofline_no_line() -> None:
    run = factory.run(timed())
    assert tuple(list_roofline(run, list_shares(run))) == ()
    assert describe_roofline(run) == ""
    assert not any("ROOF" in line for line in render_environment(run))


def test_summary_display_and_report_show_it() -> None:
    run = factory.run(measured("roof_before", 410, 30), timed(), measured("roof_after", 390, 32))
    shares = list_shares(run)
    line = "410.0 and 390.0 GFLOP/s, reads 30.0 and 32.0 GB/s"
    assert line in render_summary(run, "/bundle", shares)
    assert line in render_display([run], ["/bundle"], [shares])
    assert render_display([run, run], ["/a", "/b"], [shares, shares]).count(line) == 2
    assert f"HARNESS_ROOF={line}, threads 4" in render_environment(run)


def test_shares_are_drawn_on_a_terminal_that_has_room() -> None:
    cells = [(Case.of("mul_mat", n=n, threads=4, type=kind), "flop_rate", value) for n, kind, value in PRODUCTS]
    run = factory.run(
        measured("roof_before", 410, 30),
        timed(),
        factory.result("mul_mat", Phase.BENCHMARK, Status.PASSED, *cells),
        measured("roof_after", 390, 32),
    )
    shares = list_shares(run)
    text = "\n".join(list_roofline(run, shares, width=160, plain=True))
    assert "encode of 100%    decode of 100%" in text
    assert "##.............." in text, "10 % of sixteen columns"
    (q4,) = (line for line in text.splitlines() if "type=q4_0" in line)
    assert q4.endswith("  _#")
    without = list(list_roofline(run, shares))
    assert list(list_roofline(run, shares, width=50)) == without
    assert "#" not in "\n".join(without)
    assert render_summary(run, "/bundle", shares, width=160) != render_summary(run, "/bundle", shares)


def test_the_roofs_are_drawn_on_a_terminal_that_has_room() -> None:
    text = render_roofline(roofline(), NODE, {}, width=80, plain=True)
    (line,) = (line for line in text.splitlines() if "memory limits below" in line)
    drawn = line.split()[2]
    assert drawn == "".join(sorted(drawn, key="_.,-~=*#".index)), "it rises, and then stays"
    assert drawn.endswith("###")
    assert f"memory limits below {396 / 30:.1f}" in line
    assert max(map(len, text.splitlines())) <= 120
    assert "memory limits" not in render_roofline(roofline(), NODE, {})
    assert "memory limits" not in render_roofline(roofline(), NODE, {}, width=60)
