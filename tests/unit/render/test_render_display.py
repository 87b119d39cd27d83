"""Runs and the list of runs for people."""

from harness.records.build import Tool
from harness.records.card import Card
from harness.records.outcome import Status
from harness.render.display import render_display
from harness.render.list import render_list
from tests import factory, sheet

CARD = Card(
    path="/r/node-1/2026-01/20260101T000000Z-f24588a2-abcdef01",
    id="20260101T000000Z-f24588a2-abcdef01",
    start="2026-01-01T00:00:00+00:00",
    node="node-1",
    sha="f24588a2" * 5,
    commit="f24588a+",
    release="v1.8.5",
    config=("AVX512", "AMX"),
    models=("tiny", "base"),
    status=Status.PASSED,
    origin="harness",
    project="whisper.cpp",
)


def test_caveats_come_first() -> None:
    lines = render_display([sheet.run()], ["/r/x"]).splitlines()
    assert lines[0] == "  caveat: synthetic weights stand for tiny [weights-synthetic]"
    assert lines.index("FAILED  whisper.cpp v1.8.5 f24588a on node-1 in 1200 s") > lines.index(
        "  caveat: 3.1 CPUs were busy at the start | <b> [load]"
    )
    assert lines[-1] == "  /r/x"


def test_one_run_has_units_spread_rates_tests_and_failures() -> None:
    text = render_display([sheet.run()], ["/r/x"])
    words = [line.split() for line in text.splitlines()]
    assert ["ms/pass", "ms/token", "ms/token", "ms/token", "ms", "MB"] in words
    assert ["base", "official", "4", "0", "2216.24", "(0.9%)"] in [line[:6] for line in words]
    assert ["tiny", "synthetic", "4", "0", "1005.23", "3.93"] in [line[:6] for line in words]
    assert ["mul_mat", "GFLOP/s", "n=64", "n=4096"] in words
    assert ["type=q4_0", "1.30", "103.80"] in words
    assert ["type=f16", "3.50", "-"] in words
    assert ["memcpy", "GB/s", "threads=1", "threads=2"] in words
    assert "  tests    release: 1 passed, 1 failed (test-whisper-cli-tiny), 1 skipped" in text
    assert "  timeout: bench_tiny_r2: timed out after 3600 s" in text
    assert "#" not in text


def test_several_runs_share_their_tables() -> None:
    text = render_display([sheet.run(), sheet.other_sheet().run], ["/r/x", "/r/y"])
    lines = text.splitlines()
    assert lines[0].startswith("  #1 caveat: synthetic")
    assert sum(line.split()[:1] == ["model"] for line in lines) == 1
    models = [line.split()[:2] for line in lines if line.split()[:1] in (["base"], ["tiny"])]
    assert models == [["tiny", "1"], ["tiny", "2"], ["base", "1"], ["base", "2"]]
    assert [line.split()[:2] for line in lines if line.startswith("  type=q4_0")] == [
        ["type=q4_0", "1"],
        ["type=q4_0", "2"],
    ]
    assert lines[-2:] == ["  #1 /r/x", "  #2 /r/y"]
    assert all(line == line.rstrip() for line in lines)


def test_nothing_steers_the_terminal() -> None:
    run = sheet.run()
    node = run.node.replace(name="a\x1b[2Jb\nc")
    text = render_display([run.replace(node=node), run], ["x", "y"])
    assert "\x1b" not in text
    assert "a�[2Jb c" in text


def test_the_list_is_aligned_under_its_header() -> None:
    other = CARD.replace(id="x", commit="abcdef0", release="", config=(), models=("tiny",) * 12, origin="ggml-ci")
    header, first, second = render_list((CARD, other)).splitlines()
    assert header.split() == "id date node commit release config models status origin".split()
    for column, one, two in (
        ("commit", "f24588a+", "abcdef0"),
        ("config", "AVX512 AMX", "-"),
        ("origin", "harness", "ggml-ci"),
    ):
        at = header.index(column)
        assert first[at:].startswith(one)
        assert second[at:].startswith(two)
    assert "tiny,tiny,tiny +9" in second
    assert "tiny,base" in first


def test_an_empty_list_is_empty() -> None:
    assert render_list(()) == ""


def test_one_older_run_is_one() -> None:
    assert render_list([CARD], older=1).endswith("\n1 older run is not shown; use --all or --limit N\n")
    assert render_list([CARD], older=2).endswith("\n2 older runs are not shown; use --all or --limit N\n")


def test_a_project_has_a_column_where_it_is_not_whisper_cpp() -> None:
    assert "project" not in render_list([CARD])
    shown = render_list([CARD, CARD.replace(project="ggml"), CARD.replace(project="", start="")])
    header, first, second, third = shown.splitlines()
    assert ("project" in header, "whisper.cpp" in first, "ggml" in second) == (True, True, True)
    assert third.count("not known") == 2


def test_a_run_of_others_says_what_is_not_known_of_it() -> None:
    commit = factory.source().commit.replace(repo="https://example.org/ggml", release="")
    nothing = Tool(name="", version="", path="")
    run = factory.run().replace(
        origin="ggml-ci",
        source=factory.source().replace(commit=commit),
        node=factory.node().replace(cpu=factory.node().cpu.replace(brand="", arch="")),
        toolchain=factory.toolchain().replace(cc=nothing),
        config=factory.config().replace(compiler="gcc"),
    )
    shown = render_display([run], ["/r"])
    assert "PASSED  ggml f24588a on node-1\n" in shown
    assert "cpu     not known\n" in shown
    assert "compiler not known (gcc was asked for)" in shown
    unasked = run.replace(config=run.config.replace(compiler="", build_type=""))
    assert "build type not known, compiler not known\n" in render_display([unasked], ["/r"])


def test_processes_are_drawn_in_turn_on_a_terminal_that_has_room() -> None:
    text = render_display([sheet.run()], ["/r/x"], width=160, plain=True)
    assert "Enc. in turn" in text
    row = next(line for line in text.splitlines() if line.strip().startswith("base "))
    assert len(row.split()[-1]) == len(sheet.ENCODE), "a character for each process"
    assert "in turn" not in render_display([sheet.run()], ["/r/x"])
