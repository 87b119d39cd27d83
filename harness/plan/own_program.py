"""How to build a small program of the harness itself: what measures the node, and what results are checked against."""

from collections.abc import Iterator

from harness.records.plan import Phase, Step
from harness.records.record import Record, short_hash


class OwnProgram(Record):
    """A program in harness/native as it will be built: its `target`, which also begins the names of its steps.

    `title` is for people. `project` is its CMake project, `digest` belongs to the content of that, `folder` is where it
    is built, with these `options`. `namespace` separates objects for different CPUs in a compiler cache, empty for one
    whose build does not depend on the CPU.
    """

    target: str
    title: str
    phase: Phase
    project: str
    digest: str
    folder: str
    options: tuple[str, ...]
    namespace: str = ""

    @property
    def path(self) -> str:
        """The file of the program."""
        return f"{self.folder}/bin/{self.target}"


def plan_own_program(program: OwnProgram, cmake: str, *, needs: tuple[str, ...] = ()) -> Iterator[Step]:
    """Yield the two steps that build a program, which take a few seconds, or nothing if it is already built."""
    target, folder = program.target, program.folder
    configure = f"{target}_configure"
    yield Step(
        name=configure,
        title=f"configure {program.title}",
        phase=program.phase,
        argv=(cmake, "-G", "Ninja", "-S", program.project, "-B", folder, *program.options),
        cwd=program.project,
        log=f"{target}-cmake.log",
        timeout_s=300,
        needs=needs,
        stamp=f"{folder}/.harness-configured",
        key=short_hash(program.digest, program.options),
        products=(f"{folder}/build.ninja",),
        wipe=folder,
    )
    yield Step(
        name=f"{target}_build",
        title=f"build {program.title}",
        phase=program.phase,
        argv=(cmake, "--build", folder, "--target", target),
        cwd=folder,
        env=(("CCACHE_NAMESPACE", program.namespace),) if program.namespace else (),
        log=f"{target}-make.log",
        timeout_s=300,
        needs=(configure,),
        stamp=f"{folder}/.harness-built",
        key=program.digest,
        products=(program.path,),
    )
