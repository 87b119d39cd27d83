"""Made-up reports of ggml-ci: every form that upstream's scripts can write, from the grammar."""

from hypothesis import strategies as st

from harness.records.report import COLUMNS, format_row

WORD = st.text("abcXYZ019._-+", min_size=1, max_size=12)
LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=30)
# What is dangerous in a message or in a log: everything that looks like a piece of a report.
TRAPS = st.sampled_from(
    [
        "```",
        "```console",
        "## Summary",
        "## Output",
        "### ctest_debug",
        "#### Model Benchmarks",
        "- status: 0",
        "| a |",
        "",
    ]
)
BODY = st.lists(LINE | TRAPS, max_size=8).map("\n".join)
# A log may hold a fence, but no fence right before a heading: no reader could tell that from its end.
LOG = st.lists(LINE.filter(lambda line: not line.startswith(("#", "```"))), max_size=6).map("\n".join)
SHA = st.text("0123456789abcdef", min_size=40, max_size=40)
STATUS = st.sampled_from([0, 1, 2, 8, 124, 137])


@st.composite
def headers(draw: st.DrawFn) -> str:
    status = draw(st.sampled_from(["SUCCESS ✅", "FAILURE ❌ (8)", "FAILURE ❌ (124)"]))
    repo = "https://github.com/ggerganov/whisper.cpp"
    fields = [
        ("status", status),
        ("runtime", draw(st.sampled_from(["", "3:09.89", "1:02:03", "132.15"]))),
        ("date", draw(st.sampled_from(["Fri Mar 14 08:37:31 UTC 2025", "Thu Feb  1 12:20:55 PM UTC 2024", ""]))),
        ("repo", repo),
        ("commit", f"{repo}/commit/{draw(SHA)}"),
        ("author", draw(LINE)),
    ]
    width = draw(st.sampled_from([11, 10]))
    if width == 10:
        del fields[1]
    lines = "".join(f"{f'- {name}:':<{width}}{value}\n" for name, value in fields)
    return f"## Summary\n\n{lines}```\n{draw(BODY)}\n```\n\n"


@st.composite
def environments(draw: st.DrawFn) -> str:
    lines = [f"GG_BUILD_{draw(WORD)}={draw(LINE)}" for _ in range(draw(st.integers(0, 4)))]
    leaked = draw(st.sampled_from([[], ["GG_CI_COMMIT_MSG=GG_BUILD_"], ["a bare line of GG_BUILD_"], [""]]))
    return "## Environment\n\n```\n" + "".join(f"{line}\n" for line in (*lines, *leaked)) + "```\n\n"


@st.composite
def tests(draw: st.DrawFn, mode: str) -> str:
    gap = draw(st.sampled_from(["", "\n"]))
    status, log = draw(STATUS), draw(LOG)
    return f"### ctest_{mode}\n\nRuns ctest in {mode} mode\n- status: {status}\n```\n{log}\n```\n{gap}"


@st.composite
def rows(draw: st.DrawFn) -> str:
    number = st.floats(0, 99999).map(lambda value: f"{value:.2f}")
    times = [draw(number | st.just("ms")), draw(number), draw(number), draw(number | st.just(""))]
    return format_row(
        (draw(st.sampled_from(["AVX2", ""])), draw(WORD), "4", "0", *times, draw(SHA)[: draw(st.sampled_from([7, 8]))])
    )


@st.composite
def benches(draw: st.DrawFn) -> str:
    text = f"### bench\n\nWhisper Benchmark Results\n- status: {draw(STATUS)}\n"
    for title in ("memcpy Benchmark", "ggml_mul_mat Benchmark"):
        if draw(st.booleans()):
            text += f"#### {title}\n\n```\n{draw(LOG)}\n```\n\n"
    lines = [format_row(COLUMNS), format_row(("---",) * 9), *draw(st.lists(rows(), max_size=5))]
    table = "\n".join(lines) if draw(st.booleans()) else "No model benchmark results available."
    text += f"#### Model Benchmarks\n\n{table}\n\n"
    if draw(st.booleans()):
        text += "#### Benchmark Errors\n\n```\nBenchmark failed for model: tiny\n```\n\n"
    return text


@st.composite
def outputs(draw: st.DrawFn) -> str:
    text = draw(tests("debug")) if draw(st.booleans()) else ""
    if text and draw(st.booleans()):
        text += draw(tests("release"))
        text += draw(benches()) if draw(st.booleans()) else ""
    return text


@st.composite
def reports(draw: st.DrawFn) -> str:
    """A whole report as the scripts of 2023 to 2025 write it."""
    return draw(headers()) + draw(environments()) + "## Output\n\n" + draw(outputs())
