import shlex

import pytest

from harness.cli.parser import parse
from harness.cli.verb import VERBS
from harness.judge.next_step import Outlook, list_next_steps
from harness.records.condition import Finding, FindingStatus
from harness.settings.table import SETTINGS

FIT = Finding(topic="steal", fitness=FindingStatus.FIT, found="none")
TOOLS = Finding(topic="tools", fitness=FindingStatus.UNFIT, found="no C compiler", means="no build", fix="apt install")
GOVERNOR = Finding(topic="governor", fitness=FindingStatus.UNFIT, found="powersave", means="slow", fix="cpupower")
MEMORY = Finding(topic="memory", fitness=FindingStatus.UNFIT, found="little", means="swaps", fix="ps aux")


def commands(*findings: Finding, **around: object) -> list[str]:
    return [step.command for step in list_next_steps(findings, Outlook(**around))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({}, ["harness run --model tiny", "harness ab"]),
        ({"here": True}, ["harness run --model tiny", "harness ab"]),
        ({"runs": 1}, ["harness show latest", "harness calibrate"]),
        ({"runs": 2, "here": True}, ["harness ab", "harness show latest", "harness history"]),
    ],
)
def test_a_fit_node_goes_on_with_what_suits_it(around: dict[str, object], expected: list[str]) -> None:
    assert commands(FIT, **around) == expected
    for command in expected:
        parse(shlex.split(command)[1:], VERBS, SETTINGS)


def test_the_worst_obstacle_comes_first_and_alone() -> None:
    assert commands(GOVERNOR, MEMORY, FIT)[:2] == ["ps aux", "harness run --model tiny"]
    assert commands(GOVERNOR, TOOLS, MEMORY, runs=2) == ["apt install", "harness doctor"], "nothing else works yet"


def test_synthetic_weights_are_named_before_they_are_used() -> None:
    (first, _) = list_next_steps([FIT], Outlook(synthetic=True))
    assert "synthetic weights" in first.why
    assert "synthetic" not in list_next_steps([FIT], Outlook())[0].why


def test_a_command_that_no_shell_finds_comes_before_all_others() -> None:
    (first, second, *_) = commands(FIT, unreached="/home/a b/harness/scripts")
    assert first == """export PATH='/home/a b/harness/scripts':"$PATH\""""
    assert second.startswith("harness ")
