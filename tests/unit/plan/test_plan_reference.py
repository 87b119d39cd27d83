"""What results are checked against is made once for all runs, after the weights that it is computed from."""

from typing import Any

from harness.plan.inputs import PlanInputs, ReferenceBuild
from harness.plan.need import blocks
from harness.plan.reference import BUILD, CONFIGURE, name_reference, plan_references, reference_path
from harness.plan.run import find_stray
from harness.records.outcome import Status, StepResult
from harness.records.plan import Phase, Plan, Step
from tests import factory


def build(**changes: Any) -> ReferenceBuild:
    made = ReferenceBuild(
        project="/h/native/reference",
        digest="d1",
        folder="/c/builds/reference-1",
        references="/c/references",
        threads=2,
    )
    return made.replace(**changes)


def plan(inputs: PlanInputs) -> dict[str, Step]:
    return {step.name: step for step in plan_references(inputs)}


def test_the_program_is_built_once_and_then_each_of_the_weights_has_its_reference() -> None:
    tiny, base = factory.weights("tiny"), factory.weights("base").replace(sha256="1" * 64)
    steps = plan(factory.plan_inputs(weights=(tiny, base), reference=build()))
    assert list(steps) == [CONFIGURE, BUILD, "reference_tiny", "reference_base"]
    path = reference_path(build(), base)
    made = steps[name_reference(base)]
    assert made.argv == ("/c/builds/reference-1/bin/reference", "/w/base.bin", path, "--threads", "2")
    assert made.products == (path,)
    assert made.needs == (BUILD,)
    assert all(step.phase is Phase.REFERENCE and step.stamp and step.key for step in steps.values())
    assert find_stray(Plan(sites=(), steps=tuple(steps.values())), "/c") == ""


def test_weights_that_the_run_makes_come_first() -> None:
    quantised = factory.weights("base-q5_0").replace(sha256="", parent="/w/base.bin", path="/w/q-1.bin")
    steps = plan(factory.plan_inputs(weights=(quantised,), reference=build()))
    assert steps[name_reference(quantised)].needs == (BUILD, "quantise_base-q5_0")


def test_other_weights_or_another_program_have_another_reference() -> None:
    first = factory.weights("base")
    quantised = first.replace(model="base-q5_0", sha256="", parent="/w/base.bin")
    paths = [
        reference_path(build(), first),
        reference_path(build(), first.replace(sha256="1" * 64)),
        reference_path(build(digest="d2"), first),
        reference_path(build(), quantised),
        reference_path(build(), quantised.replace(path="/w/other.bin")),
    ]
    assert len(set(paths)) == len(paths)
    assert reference_path(build(), first.replace(path="/elsewhere/base.bin")) == paths[0], "the content counts"
    known = quantised.replace(sha256="2" * 64)
    assert reference_path(build(), known) == paths[3], "a checksum that became known changes nothing"


def test_nothing_is_planned_without_weights_or_without_a_check() -> None:
    assert not plan(factory.plan_inputs(reference=build(), weights=()))
    assert not plan(factory.plan_inputs())


def test_a_reference_that_was_not_made_blocks_what_needs_it() -> None:
    step = plan(factory.plan_inputs(reference=build()))["reference_base"]
    assert blocks(StepResult.unexecuted(step, Status.SKIPPED, "why"))
    assert not blocks(StepResult.unexecuted(step, Status.PASSED, ""))
