"""What whisper.cpp's `scripts/bench-all.sh` prints: memcpy, mul_mat, and the table of all models."""

from collections.abc import Iterator, Sequence

from harness.records.run import Run
from harness.records.suite import Benchmark
from harness.render.format.format import Format, RunSheet
from harness.render.format.issue89 import render_caveats, render_full_table
from harness.render.section import bench_texts


def render(sheets: Sequence[RunSheet]) -> str:
    """Return the script's output; the model table is one for all runs."""
    blocks = "".join(block for sheet in sheets for block in _benchmarks(sheet))
    models = "Running benchmark for all models\nThis can take a while!\n\n" if blocks else ""
    return f"{blocks}{models}{render_full_table(sheets)}{render_caveats(sheets)}"


def _benchmarks(sheet: RunSheet) -> Iterator[str]:
    results = sheet.run.results
    for text in bench_texts(results, sheet.logs, Benchmark.MEMCPY):
        yield f"Running memcpy benchmark\n\n{text}\n\n"
    for text in bench_texts(results, sheet.logs, Benchmark.MUL_MAT):
        yield f"Running ggml_mul_mat benchmark with {_threads(sheet.run)} threads\n\n{text}\n\n"


def _threads(run: Run) -> str:
    counts = (result.case.get("threads") for result in run.results if result.case)
    return next((count for count in counts if count), "?")


FORMAT = Format(
    name="bench-all",
    endings=(".bench-all.txt",),
    description="what whisper.cpp's scripts/bench-all.sh prints, with CPU and OS filled in",
    reader="people",
    render=render,
    needs_logs=True,
)
