"""The program that computes check references, as it is built on this node."""

from pathlib import Path

from harness.build.isa import isa_fingerprint
from harness.plan.inputs import ReferenceBuild
from harness.records.build import Toolchain
from harness.records.node import Node
from harness.system.asset import reference_digest, reference_project
from harness.system.cache.contents import REFERENCES


def choose_reference_build(node: Node, toolchain: Toolchain, cache: Path) -> ReferenceBuild:
    """Return the program that computes check references; all sources and configs share its build."""
    digest = reference_digest()
    name = f"reference-{digest[:8]}-{toolchain.id}-{isa_fingerprint(node.cpu)[:8]}"
    return ReferenceBuild(
        project=str(reference_project()),
        digest=digest,
        folder=str(cache / "builds" / name),
        references=str(cache / REFERENCES),
        threads=node.cpu.cores.usable_physical,
    )
