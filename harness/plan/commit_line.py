"""The places that a bisection goes over: the commits that may have changed the speed, by their files and their code."""

import re
from collections.abc import Mapping, Sequence
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
# What most others include. What CMake reads is not one of them: most changes there leave most commands as they were.
_WIDE = re.compile(r"(?:ggml/include|include)/[^/]+\.h|ggml/src/ggml[^/]*\.h|[^/]+\.h")


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
    """A commit that may have changed the speed by some of its `files`, and those behind it that cannot."""

    members: tuple[LineCommit, ...]
    measured: str
    files: tuple[str, ...]


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
        alike = groups[max(0, at - 1) : until]
        equal += until - at
        if at:
            candidates.append(_make_candidate(alike))
            kept.append(measured[until] if until == last else measured[at])
        # What lies between two that are equal may have another code, as a change that was taken back has.
        equals = (key for key in measured[at : until + 1] if key == measured[at] or codes.get(key) == code)
        places |= dict.fromkeys(equals, len(candidates))
        at = until + 1
    return Line(tuple(candidates), tuple(kept), places, passed, equal, same_ends=not candidates)


def _group(line: CommitLine, backend: str, engine: Engine) -> tuple[list[_Group], int]:
    """Return the groups of a line, and how many commits are only members of one, or come before the first."""
    groups: list[list[LineCommit]] = []
    compiled: list[tuple[str, ...]] = []
    for one in line.commits:
        files = tuple(path for path in one.files if can_change(path, backend, engine))
        if files or one.commit.dirty:
            groups.append([one])
            compiled.append(files)
        elif groups:
            groups[-1].append(one)
    if not groups:
        groups, compiled = [list(reversed(line.commits))], [()]
    measured = [*(group[0].key for group in groups[:-1]), line.commits[-1].key]
    made = [_Group(tuple(group), key, files) for group, key, files in zip(groups, measured, compiled, strict=True)]
    return made, len(line.commits) - len(groups)


def _make_candidate(alike: Sequence[_Group]) -> CandidateCommit:
    """Return the candidate of a group, and of those behind it that have the same code in the end."""
    first, *others = (one.key for group in alike for one in group.members)
    files = tuple(dict.fromkeys(path for group in alike for path in group.files))
    return CandidateCommit(commit=first, merged=tuple(others), files=files, wide=any(map(_WIDE.fullmatch, files)))
