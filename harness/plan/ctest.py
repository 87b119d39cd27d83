"""The tests of a build: whether they are run, and how."""

from harness.plan.inputs import PlanInputs
from harness.plan.placeholder import LABEL_PATTERN
from harness.records.plan import BuildSite, Phase, Step

JUNIT = "harness-junit.xml"


def is_tested(inputs: PlanInputs, site: BuildSite) -> bool:
    """Return whether the tests of this build are run."""
    return inputs.suite.tests and site.config.build_type in inputs.suite.test_build_types


def plan_ctest(inputs: PlanInputs, site: BuildSite) -> Step:
    """Return the step that runs the tests of a build."""
    kind = site.config.build_type.lower()
    return Step(
        name=f"ctest_{kind}",
        build_type=site.config.build_type,
        title=f"tests ({site.config.build_type})",
        phase=Phase.TEST,
        argv=(
            inputs.toolchain.ctest.path,
            "--output-on-failure",
            "--no-tests=error",
            "-L",
            LABEL_PATTERN,
            "--output-junit",
            JUNIT,
        ),
        cwd=site.folder,
        log=f"ctest_{kind}-ctest.log",
        timeout_s=inputs.suite.timeouts.test_s,
        needs=(f"build_{kind}",),
        output=JUNIT,
    )
