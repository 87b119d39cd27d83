from harness.records.condition import Condition, Diagnosis, Finding, FindingStatus, NextStep, Quietness
from harness.render.diagnosis import render_doctor

FIT = Finding(topic="steal", fitness=FindingStatus.FIT, found="0.0% of the CPU time")
UNKNOWN = Finding(topic="turbo", fitness=FindingStatus.UNKNOWN, found="not available")
UNFIT = Finding(
    topic="governor",
    fitness=FindingStatus.UNFIT,
    found="powersave",
    means="clock rates follow the load",
    fix="sudo cpupower frequency-set -g performance",
)


def render(*findings: Finding) -> str:
    quiet = Quietness(wall_s=2.0, cpus=2)
    return render_doctor(Diagnosis(node="node-1", findings=findings, quietness=quiet, condition=Condition()))


def test_a_table_then_what_is_unfit_with_its_fix() -> None:
    assert render(FIT, UNKNOWN, UNFIT) == (
        "node-1: 1 unfit, 1 not known\n"
        "\n"
        "  steal     fit      0.0% of the CPU time\n"
        "  turbo     unknown  not available\n"
        "  governor  unfit    powersave\n"
        "\n"
        "  governor: powersave\n"
        "    clock rates follow the load\n"
        "    fix: sudo cpupower frequency-set -g performance\n"
        "\n"
        "  not known: turbo\n"
        f"    {FindingStatus.UNKNOWN.meaning}\n"
    )


def test_what_to_do_next_comes_last_each_command_on_a_line_of_its_own() -> None:
    steps = (NextStep(command="harness ab", why="is it faster?"), NextStep(command="harness history", why="all nights"))
    text = render_doctor(
        Diagnosis(node="n", findings=(FIT,), quietness=Quietness(wall_s=2, cpus=2), condition=Condition(), next=steps)
    )
    assert text.endswith("\n\nnext:\n  harness ab\n    is it faster?\n  harness history\n    all nights\n")


def test_a_fit_node() -> None:
    assert render(FIT).startswith("node-1: fit to measure on\n")
    assert "fix" not in render(FIT)


def test_a_process_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in render(UNFIT.replace(found="1 CPU (a\x1b[2J 7)"))
