"""What is known of a node before and after its numbers changed."""

from harness.judge.night_node import compare_nodes, list_states
from harness.records.caveat import Caveat, CaveatCode
from harness.records.condition import Neighbour, Quietness
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase
from harness.records.run import Run
from tests import factory


def make(kernel: str, *caveats: Caveat, others: float = 0.02, steal: float = 0.0) -> Run:
    neighbour = Neighbour(pid=4711, name="yes", cpus=others)
    quiet = Quietness(wall_s=10.0, cpus=2, other_cpus=others, steal=steal, neighbours=(neighbour,))
    step = StepResult(step="bench", phase=Phase.BENCHMARK, status=Status.PASSED, quiet=quiet)
    run = factory.run(step)
    return run.replace(node=run.node.replace(kernel=kernel), caveats=caveats)


POWERSAVE = Caveat(code=CaveatCode.GOVERNOR, message="the governor is powersave")
DIRTY = Caveat(code=CaveatCode.DIRTY, message="the tree had changes")


def test_what_changed_comes_with_what_was_before() -> None:
    lines = compare_nodes(make("6.1"), make("6.12", POWERSAVE, DIRTY, others=0.85, steal=0.031))
    assert lines[0] == "kernel: 6.1 -> 6.12"
    assert lines[1].startswith("as before: compiler ")
    assert lines[2:] == (
        "now: the governor is powersave [governor]",
        "other processes used up to 0.85 CPUs (yes 4711: 0.85); before up to 0.02 CPUs",
        "other guests took up to 3.1% of the CPU time; before up to 0.0%",
    )


def test_what_is_over_is_named_and_what_stayed_is_not() -> None:
    (_, line) = compare_nodes(make("6.1", POWERSAVE), make("6.1"))
    assert line == "no longer: the governor is powersave [governor]"
    (line,) = compare_nodes(make("6.1", POWERSAVE), make("6.1", POWERSAVE))
    assert line.startswith("as before: kernel 6.1; compiler ")


def test_what_is_not_known_has_not_changed() -> None:
    bare = factory.run().replace(caveats=())
    assert compare_nodes(bare, make(bare.node.kernel, others=2.0)) == compare_nodes(bare, bare)


def test_a_run_says_what_state_its_node_was_in() -> None:
    assert list_states(make("6.1", POWERSAVE, DIRTY)) == ("the governor is powersave [governor]",)
