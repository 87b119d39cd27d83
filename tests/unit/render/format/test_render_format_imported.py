"""Reports of others, which lack much of what our own runs know, in every format and for people."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.parse.report.imported import import_run
from harness.parse.report.report import parse_report
from harness.render.display import render_display
from harness.render.format.format import RunSheet
from harness.render.format.registry import FORMATS

REPORTS = Path(__file__).parents[3] / "data" / "reports"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(REPORTS.glob("*.md"))}
HEADLESS = {f"{name}.bak": text.partition("## Output\n\n")[2] for name, text in TEXTS.items()}
MODELS = ("csv", "jsonl", "issue89-full", "bench-all", "llama-bench-sql", "bencher", "asv")


@pytest.mark.parametrize(("file", "text"), (TEXTS | HEADLESS).items(), ids=[*TEXTS, *HEADLESS])
def test_a_report_of_others_goes_into_every_format(file: str, text: str) -> None:
    run = import_run(parse_report(text), digest=file, files={})
    sheet = RunSheet(run=run, report=text)
    measured = "| tiny" in text.replace("  ", "")
    for name, format_ in FORMATS.items():
        try:
            written = format_.render([sheet])
        except UsageError:
            assert name == "asv"
            assert not run.measurements
            continue
        if measured and name in MODELS:
            assert "tiny" in written, name
    assert FORMATS["markdown"].render([sheet]) == text
    assert run.node.name in render_display([run], [file])


def test_a_run_without_a_date_has_none_anywhere() -> None:
    text = next(iter(HEADLESS.values()))
    run = import_run(parse_report(text), digest="x", files={})
    assert run.start == ""
    assert "timestamp" not in FORMATS["junit"].render([RunSheet(run=run)])
    assert '"date": 0' in FORMATS["asv"].render([RunSheet(run=run)])
    assert "- date:    (unknown)" in FORMATS["markdown"].render([RunSheet(run=run)])
