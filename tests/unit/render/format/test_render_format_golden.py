"""Each format of one fixed run, byte for byte; `python -m tests.sheet` writes the files anew."""

import pytest

from harness.errors import UsageError
from harness.render.format.registry import FORMATS
from tests import sheet


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_as_its_golden_file(name: str) -> None:
    assert FORMATS[name].render([sheet.sheet()]) == sheet.golden(name).read_text(encoding="utf-8")


def test_several_runs_are_one_markdown_table() -> None:
    several = FORMATS["markdown"].render([sheet.sheet(), sheet.other_sheet()])
    assert several == (sheet.GOLDEN / "several.md").read_text(encoding="utf-8")
    assert (several.count("### Models"), several.count("### Rates")) == (1, 1)


def test_the_report_of_an_imported_run_is_its_own_text() -> None:
    assert FORMATS["markdown"].render([sheet.sheet().replace(report="## Summary\n...")]) == "## Summary\n..."


@pytest.mark.parametrize("name", ["bencher", "github-action-benchmark", "github-action-benchmark-bigger"])
def test_a_file_of_one_commit_refuses_two(name: str) -> None:
    with pytest.raises(UsageError, match="these runs are of 2: f24588a2, 00000000"):
        FORMATS[name].render([sheet.sheet(), sheet.other_sheet()])


def test_a_changed_tree_is_another_state_of_the_code() -> None:
    run = sheet.run()
    commit = run.source.commit.replace(changes="cafe" * 10)
    changed = sheet.sheet().replace(run=run.replace(source=run.source.replace(commit=commit)))
    with pytest.raises(UsageError, match="f24588a2, cafecafe"):
        FORMATS["bencher"].render([sheet.sheet(), changed])
    assert "'cafecafe'" in FORMATS["llama-bench-sql"].render([changed])


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_numbers_is_still_a_document(name: str) -> None:
    empty = sheet.sheet().replace(run=sheet.run().replace(results=(), caveats=()))
    if name == "asv":
        with pytest.raises(UsageError, match="0 files"):
            FORMATS[name].render([empty])
    else:
        assert "2216" not in FORMATS[name].render([empty])
