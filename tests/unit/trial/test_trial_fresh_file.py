"""Each block has files of its own: copies, or links in the code layouts that it draws."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from harness.plan.block import ROLES, plan_block
from harness.records.measurement import Case
from harness.records.outcome import CompletedProcess
from harness.records.trial import Role
from harness.system.process.child import CannotStartError
from harness.trial import fresh_file
from harness.trial.fresh_file import FreshFiles, Relinking
from harness.trial.side_case import LostBlock, SideCase
from tests import factory

CASE = Case.of("whisper", model="tiny", threads=2)
RELINKINGS = {role: Relinking(cmake="cmake", script="relink.cmake", timeout_s=9) for role in Role}


@pytest.fixture
def side_cases(tmp_path: Path) -> Mapping[Role, SideCase]:
    """Return the side cases of two builds, whose folders have names of unlike length."""
    for role in Role:
        for name in ("src/libwhisper.so", "bin/whisper-bench"):
            path = tmp_path / role / name
            path.parent.mkdir(parents=True)
            path.write_text(f"{role}'s")
    return {
        role: factory.side_case(
            role,
            environment=(("PATH", "/bin"),),
            build=str(tmp_path / role),
            library=str(tmp_path / role / "src" / "libwhisper.so"),
        )
        for role in Role
    }


def begin(folder: Path, relinkings: Mapping[Role, Relinking] | None = None) -> FreshFiles:
    (folder / "fresh").mkdir()
    return FreshFiles(folder / "fresh", {role: folder / "results" / role / "logs" for role in Role}, relinkings)


def provided(files: FreshFiles, number: int, side_cases: Mapping[Role, SideCase]) -> Mapping[Role, SideCase]:
    found = files.provide(plan_block(1, number, ("encode",), pairs=1), side_cases)
    assert not isinstance(found, LostBlock)
    assert tuple(found) == ROLES
    return found


def test_each_block_has_copies_and_those_before_are_gone(side_cases: Mapping[Role, SideCase], tmp_path: Path) -> None:
    files = begin(tmp_path)
    seen: list[Path] = []
    for number in (1, 2, 3):
        found = provided(files, number, side_cases)
        libraries = [Path(found[role].library) for role in ROLES]
        assert [path.read_text() for path in libraries] == ["baseline's", "contender's"]
        assert len({len(str(path)) for path in libraries}) == 1, "the length of a path is no difference"
        assert all(Path(found[role].root) in path.parents for role, path in zip(ROLES, libraries, strict=True))
        assert {found[role].code_layout for role in ROLES} == {0}
        assert not any(path.exists() for path in seen)
        seen += libraries
    assert len(set(seen)) == 6


def test_a_side_that_cannot_be_read_is_lost_with_its_reason(
    side_cases: Mapping[Role, SideCase], tmp_path: Path
) -> None:
    library = Path(side_cases[Role.CONTENDER].library)
    library.unlink()
    os.mkfifo(library)
    lost = begin(tmp_path).provide(plan_block(1, 1, ("encode",), pairs=1), side_cases)
    assert isinstance(lost, LostBlock)
    assert (lost.role, lost.hopeless) == (Role.CONTENDER, True)
    assert lost.reason.startswith(f"{library} is a FIFO")


def test_a_program_is_copied_and_starts_in_one_folder_for_both(
    side_cases: Mapping[Role, SideCase], tmp_path: Path
) -> None:
    benches = {
        role: side_case.replace(
            library="",
            bench_step=factory.step("bench").replace(
                argv=(f"{side_case.build}/bin/whisper-bench", "-t", "2"), cwd=side_case.build
            ),
        )
        for role, side_case in side_cases.items()
    }
    found = provided(begin(tmp_path), 4, benches)
    steps = [found[role].bench_step for role in ROLES]
    for step, role in zip(steps, ROLES, strict=True):
        assert step
        assert Path(step.argv[0]).read_text() == f"{role}'s"
        assert step.argv[1:] == ("-t", "2")
        assert not Path(step.argv[0]).is_relative_to(side_cases[role].build)
    assert len({step.cwd for step in steps if step}) == 1
    assert len({len(step.argv[0]) for step in steps if step}) == 1


class Linker:
    """Stands for CMake: remembers what it was called with, leaves a library behind, and ends as it is told."""

    says = ""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, ends: Sequence[int] = (), missing: bool = False) -> None:
        self.calls: list[dict[str, str]] = []
        self.logs: list[Path] = []
        self._ends = list(ends)
        self._missing = missing
        monkeypatch.setattr(fresh_file, "execute", self.execute)

    def execute(self, argv: Sequence[str], *, log: Path, **_: object) -> CompletedProcess:
        if self._missing:
            raise CannotStartError("cmake", "no such file", number=2)
        given = dict(word[2:].split("=", 1) for word in argv if word.startswith("-D"))
        self.calls.append(given | {"TARGETS": " ".join(argv[argv.index("--") + 1 :])})
        self.logs.append(log)
        assert (Path(given["DRAWN"]) / "script.ld").read_text().startswith("SECTIONS")
        library = Path(given["KEEP"]) / "src" / "libwhisper.so"
        library.parent.mkdir(parents=True)
        library.write_text(f"{Path(given['FOLDER']).name}, layout {given['SEED']}")
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(self.says)
        return factory.completed(self._ends.pop(0) if self._ends else 0)


def test_each_block_is_linked_in_the_layouts_that_it_draws(
    side_cases: Mapping[Role, SideCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linker = Linker(monkeypatch)
    files = begin(tmp_path, RELINKINGS)
    for number in (1, 2):
        block = plan_block(1, number, ("encode",), pairs=1)
        found = provided(files, number, side_cases)
        for role, layout in zip(ROLES, block.code_layouts, strict=True):
            assert found[role].code_layout == layout
            assert Path(found[role].library).read_text() == f"{role}, layout {layout}"
        assert [Path(call["FOLDER"]).name for call in linker.calls[-2:]] == list(block.order)
    assert {call["TARGETS"] for call in linker.calls} == {"whisper"}
    assert len({call["SEED"] for call in linker.calls}) == 4
    assert [log.name for log in linker.logs] == ["block-1.link.log"] * 2 + ["block-2.link.log"] * 2
    assert len({log.parent for log in linker.logs}) == 2


def test_a_link_that_fails_takes_its_block_with_it(
    side_cases: Mapping[Role, SideCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Linker(monkeypatch, ends=(0, -9))
    files = begin(tmp_path, RELINKINGS)
    block = plan_block(1, 1, ("encode",), pairs=1)
    lost = files.provide(block, side_cases)
    assert isinstance(lost, LostBlock)
    assert (lost.role, lost.hopeless) == (block.order[1], False)
    how = "killed by SIGKILL (out of memory?)"
    assert lost.reason == f"the {lost.role} could not be linked in another code layout: {how}"
    assert provided(files, 2, side_cases)
    full = Linker(monkeypatch, ends=(1,))
    full.says = (
        "FAILED: [code=1]\nc++ -o libwhisper.so\n/usr/bin/ld: final link failed: No space left on device\nCMake Error\n"
    )
    lost = files.provide(block, side_cases)
    assert isinstance(lost, LostBlock)
    assert "exit code 1: no space is left on the device (ld: final link failed: No space left on device)" in lost.reason
    Linker(monkeypatch, missing=True)
    gone = files.provide(plan_block(1, 3, ("encode",), pairs=1), side_cases)
    assert isinstance(gone, LostBlock)
    assert gone.hopeless
