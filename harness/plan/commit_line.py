"""The places that a bisection goes over: the commits that can have changed the speed, by their files and their code."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.records.bisection import CandidateCommit
from harness.records.commit_line import CommitLine, LineCommit, name_commit
from harness.records.suite import Engine

# Parts of ggml and whisper.cpp that are only compiled for a backend; in older trees they are files, not folders.
_BACKENDS = frozenset(
    "blas cann coreml cuda et hexagon hip kompute metal musa opencl openvino rpc sycl virtgpu vulkan webgpu zdnn "
    "zendnn".split()
)
# What else is compiled for a backend.
_WITH = {"hip": ("cuda",), "musa": ("cuda",), "metal": ("blas",), "coreml": ("metal", "blas")}
_PART = re.compile(r"(?:.+?/)?ggml-([a-z0-9]+).*|src/([a-z0-9]+)/.+")
_COMPILED = re.compile(r".+\.(?:c|cc|cpp|cxx|h|hpp|inc|m|mm|cu|cuh|s|S|asm|metal|cmake|in)|CMakeLists\.txt")
_LIBRARY = frozenset({"ggml", "src", "include", "cmake"})
_BENCH = re.compile(r"examples/(?:CMakeLists\.txt|bench/.+|[^/]+\.(?:h|cpp))")
# What most others include or are configured by.
_WIDE = re.compile(r"(?:ggml/include|include)/[^/]+\.h|ggml/src/ggml[^/]*\.h|[^/]+\.h|.*(?:\.cmake|CMakeLists\.txt)")


class Line(NamedTuple):
    """The places of a search: 0 is GOOD, k the k-th of the `candidates`.

    `measured` names the commit that stands for each place, `places` the place of every commit that has the code of that
    one. `passed` counts the commits that cannot change what is measured, by their files; `equal` those that
    cannot have, by their code. If `same_ends`, GOOD and BAD have the same code.
    """

    candidates: tuple[CandidateCommit, ...]
    measured: tuple[str, ...]
    places: dict[str, int]
    passed: int
    equal: int
    same_ends: bool


class _Group(NamedTuple):
    """A commit that can have changed the speed, and those behind it that cannot."""

    members: tuple[LineCommit, ...]
    measured: str

    @property
    def first(self) -> LineCommit:
        return self.members[0]


def can_change(path: str, backend: str, engine: Engine) -> bool:
    """Return whether a file can change what is measured with a backend: the library, or the bench program as well."""
    if engine is Engine.BENCH and _BENCH.fullmatch(path):
        return True
    room, inside, _ = path.partition("/")
    if not _COMPILED.fullmatch(path.rpartition("/")[2]) or (inside and room not in _LIBRARY):
        return False
    part = _PART.fullmatch(path)
    name = (part[1] or part[2]) if part else ""
    return name not in _BACKENDS or name in (backend, *_WITH.get(backend, ()))


def lay_line(line: CommitLine, codes: Mapping[str, str], backend: str, engine: Engine) -> Line:
    """Return the places of a search, as far as builds and their `codes` are known by now.

    A commit that changes nothing that is compiled belongs to the one before it. So does everything up to a commit that
    has the same code again, since whatever changed between the two is gone. The uncommitted changes of a tree, and a
    BAD to which no commit leads that changes anything, are measured whatever their files are.
    """
    groups, passed = _group(line, backend, engine)
    measured = [name_commit(line.good), *(group.measured for group in groups)]
    candidates: list[CandidateCommit] = []
    kept, places, equal = [measured[0]], {measured[0]: 0}, 0
    # The last place that has each code.
    twins = {code: place for place, key in enumerate(measured) if (code := codes.get(key))}
    at, last = 0, len(groups)
    while at <= last:
        code = codes.get(measured[at], "")
        until = twins.get(code, at)
        members = [one for group in groups[max(0, at - 1) : until] for one in group.members]
        equal += until - at
        if at:
            candidates.append(_make_candidate(members))
            kept.append(measured[until] if until == last else measured[at])
        # What lies between two that are equal may have another code, as a change that was taken back has.
        equals = (key for key in measured[at : until + 1] if key == measured[at] or codes.get(key) == code)
        places |= dict.fromkeys(equals, len(candidates))
        at = until + 1
    return Line(tuple(candidates), tuple(kept), places, passed, equal, same_ends=not candidates)


def _group(line: CommitLine, backend: str, engine: Engine) -> tuple[list[_Group], int]:
    """Return the groups of a line, and how many commits are only members of one, or come before the first."""
    groups: list[list[LineCommit]] = []
    for one in line.commits:
        uncommitted = one.commit.dirty
        if uncommitted or any(can_change(path, backend, engine) for path in one.files):
            groups.append([one])
        elif groups:
            groups[-1].append(one)
    groups = groups or [list(reversed(line.commits))]
    measured = [*(group[0].key for group in groups[:-1]), line.commits[-1].key]
    made = [_Group(tuple(group), key) for group, key in zip(groups, measured, strict=True)]
    return made, len(line.commits) - len(groups)


def _make_candidate(members: Sequence[LineCommit]) -> CandidateCommit:
    return CandidateCommit(
        commit=members[0].key,
        merged=tuple(one.key for one in members[1:]),
        wide=_is_wide(path for one in members for path in one.files),
    )


def _is_wide(paths: Iterable[str]) -> bool:
    return any(_WIDE.fullmatch(path) for path in paths)
