"""One paste for the benchmark thread of whisper.cpp: its table, the node, the build, and how to measure it again."""

from collections.abc import Iterable, Iterator, Sequence

from harness.records.run import Run
from harness.render.format.format import RunSheet
from harness.render.format.issue89 import render_caveats, render_full_table
from harness.render.format.text import markdown
from harness.render.plain import printable
from harness.render.repeat import repeat_run
from harness.render.table import short_commit

# What the lines below a table begin with, for those who read them back.
NODE, BUILD, AGAIN = "node", "build", "again"


def render_paste(runs: Sequence[Run]) -> str:
    """Return a table for each run, and below it the node, the build, the weights, the caveats and the line to repeat.

    Runs are not put into one table: a reader takes all rows of a table to be of one node and one build.
    """
    return "\n".join(_render(run) for run in runs)


def _render(run: Run) -> str:
    sheets = [RunSheet(run=run, report="", logs={})]
    lines = "".join(("\n", *(f"{line}\n" for line in _list_lines(run))))
    command = printable(repeat_run(run))
    again = f"\n{AGAIN}:\n```sh\n{command}\n```\n" if command else ""
    return render_full_table(sheets) + lines + render_caveats(sheets).removeprefix("\n") + again


def _list_lines(run: Run) -> Iterator[str]:
    node, tools = run.node, run.toolchain
    cores = node.cpu.cores
    parts = [
        f"{cores.usable_physical} of {cores.physical} cores" if cores.physical else "",
        f"{node.memory_bytes / 1e9:.1f} GB" if node.memory_bytes else "",
        f"kernel {node.kernel}" if node.kernel else "",
        node.hypervisor,
        node.container,
    ]
    yield _line(NODE, parts)
    options = " ".join(map(str, run.config.options))
    compiler = f"{tools.cc.name} {tools.cc.version}".strip() or run.config.compiler
    yield _line(BUILD, [compiler, run.config.build_type, run.config.isa, run.config.backend, options])
    kinds = dict.fromkeys(f"{one.model} {one.kind}" for one in run.weights)
    yield _line("weights", kinds)
    harness = f"whisper-harness {run.harness}" if run.harness else run.origin
    yield _line("measured", [harness, f"{short_commit(run)}", run.start[:10], f"{run.suite.repetitions} processes"])


def _line(name: str, parts: Iterable[str]) -> str:
    return f"* {name}: {markdown(', '.join(part for part in parts if part))}"
