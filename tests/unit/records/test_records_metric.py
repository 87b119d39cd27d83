"""The table of metrics, and the page that explains it."""

from pathlib import Path

from harness.records.metric import METRICS

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


def test_the_glossary_lists_every_metric_with_label_and_unit() -> None:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    listed = {row[0]: (row[1], row[2]) for row in rows if row[0] in METRICS}
    assert listed == {metric.name: (metric.label, metric.unit) for metric in METRICS.values()}
