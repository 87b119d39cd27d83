"""Servers under load, as the environment of a report names them."""

from harness.render.server import describe_servers
from harness.stats.series import summarize_run
from tests.unit.judge.test_judge_server import loaded


def test_the_environment_of_a_report_counts_processes() -> None:
    said = dict(describe_servers(summarize_run(loaded((100.0, 5.0), (4, 400.0, 5.1)))))
    assert len(said) == 2
    assert all(text.endswith(", 1 process") for text in said.values())
    assert {name.split("_t")[0].rpartition("_")[2] for name in said} == {"c1", "c4"}
