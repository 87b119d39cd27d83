"""Whether the requested CMake options have an effect on the tree, judged by what CMake made of them."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.errors import UsageError
from harness.records.build import CMakeOption, CMakeVariable, is_on, is_switch
from harness.records.record import Record

ALLOW = "--allow-unknown-options"
# CMake looks up policies in another way than variables.
_POLICY = re.compile(r"CMAKE_POLICY_(DEFAULT|WARNING)_CMP\d{4}")
# ggml copies all of these into its installed package, so that they were read proves nothing.
_ALL_READ = "GGML_"
_PREFIXES = ("GGML_", "WHISPER_")
# Only read by builds that use the language or package; other builds of the same sweep may not.
_OF_LANGUAGE = re.compile(r"CMAKE_(CUDA|HIP|ISPC|OBJC|OBJCXX)_[A-Z_]+")
_OF_PACKAGE = re.compile(r"(\w+)_ROOT")
_OF_PKG_CONFIG = "PKG_CONFIG_EXECUTABLE"
# Options that whisper.cpp and ggml have renamed; the new name counts if the tree declares it.
_RENAMED = {"CUBLAS": "CUDA", "HIPBLAS": "HIP", "HIP_BLAS": "HIP", "CLBLAST": "OPENCL", "OPENBLAS": "BLAS"}
_MOST_NEAR = 3


class OptionFlaw(Record):
    """A requested option that has no effect: what is wrong, why, and the names that may have been meant."""

    option: CMakeOption
    what: str
    cause: str
    near: tuple[str, ...] = ()


class ConfiguredTree(NamedTuple):
    """What is known of a tree that CMake has configured, beside the variables in CMake's `cache`.

    `effective` are the values that ggml reports it was built with; `unread` are the options that nothing read while
    CMake configured, None if that is not known; `renamed` maps old names to new ones, as reported by the tree itself;
    `is_named` returns whether a name occurs in any CMake file of the tree.
    """

    cache: Sequence[CMakeVariable]
    effective: Mapping[str, str]
    unread: frozenset[str] | None
    renamed: Mapping[str, str]
    is_named: Callable[[str], bool]


def find_flaws(options: Sequence[CMakeOption], tree: ConfiguredTree) -> Iterator[OptionFlaw]:
    """Yield the requested options that change nothing, or not what they should."""
    known = {variable.name: variable for variable in tree.cache}
    declared = [variable.name for variable in tree.cache if variable.declared]
    for option in options:
        if not option.asked:
            continue
        name, variable = option.name, known.get(option.name)
        if name in tree.renamed:
            what, cause = (
                f"{name} is an old name",
                "the tree itself says so, and may not treat it as the new one",
            )
            yield OptionFlaw(option=option, what=what, cause=cause, near=(tree.renamed[name],))
        elif is_switch(option.value) and is_on(tree.effective.get(name, option.value)) != is_on(option.value):
            yield _overridden(option, tree.effective[name], _find_near(name, declared))
        elif variable and variable.declared:
            yield from _compare(option, variable)
        elif not _is_read(name, tree) and not _serves_another_build(name, known, tree.is_named):
            near = _find_near(name, declared)
            cause = "no file in the tree declares or reads it, so it would change nothing"
            yield OptionFlaw(option=option, what=f"the tree has no option {name}", cause=cause, near=near)
        elif heirs := _find_heirs(name, declared):
            cause = f"the tree only uses it to point to {heirs[0]}, the option that counts"
            yield OptionFlaw(option=option, what=f"{name} is an old name", cause=cause, near=heirs)


def refuse(flaws: Sequence[OptionFlaw], tree: str) -> UsageError:
    """Return the error that names the tree and every option of `flaws`, the first with its cause."""
    first = flaws[0]
    others = [f"{flaw.option.asked}: {flaw.what}" for flaw in flaws[1:]]
    near = list(dict.fromkeys(name for flaw in flaws for name in flaw.near))
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        "; ".join([f"{first.option.asked}: {first.what}", *others]),
        cause=f"{first.cause} (the tree: {tree})",
        hint=f"{hint}{ALLOW} builds it anyway",
    )


def _compare(option: CMakeOption, variable: CMakeVariable) -> Iterator[OptionFlaw]:
    """Yield a flaw if CMake holds another value than was requested; for programs, it may hold the full path."""
    if variable.kind == "BOOL":
        if not is_switch(option.value):
            cause = "CMake treats any other word as OFF"
            yield OptionFlaw(option=option, what=f"{option.name} must be ON or OFF", cause=cause)
        elif is_on(variable.value) != is_on(option.value):
            yield _overridden(option, variable.value)
    elif variable.kind == "STRING" and not _is_same(option.value, variable.value):
        yield _overridden(option, variable.value)


def _is_same(word: str, value: str) -> bool:
    """Return whether a value is the requested word, or the path of a program of that name, as for CMAKE_C_COMPILER."""
    program = word.partition(";")[0].rpartition("/")[2]
    return value.strip() == word.strip() or (value.startswith("/") and value.rpartition("/")[2] == program)


def _overridden(option: CMakeOption, value: str, near: tuple[str, ...] = ()) -> OptionFlaw:
    what = f"the tree itself sets {option.name} to {value or 'nothing'}"
    cause = "its CMake files overwrite your value"
    return OptionFlaw(option=option, what=what, cause=cause, near=tuple(name for name in near if name != option.name))


def _is_read(name: str, tree: ConfiguredTree) -> bool:
    if _POLICY.fullmatch(name):
        return True
    # CMake and its modules read many variables that no file of a tree names.
    if tree.unread is None and not name.startswith(_PREFIXES):
        return True
    if tree.unread is None or name in tree.unread or name.startswith(_ALL_READ):
        return tree.is_named(name)
    return True


def _serves_another_build(name: str, known: Mapping[str, CMakeVariable], is_named: Callable[[str], bool]) -> bool:
    """Return whether a name belongs to a language or package that the tree knows but this build does not use."""
    language, package = _OF_LANGUAGE.fullmatch(name), _OF_PACKAGE.fullmatch(name)
    if language:
        compiler = known.get(f"CMAKE_{language[1]}_COMPILER")
        return is_named(language[1]) and not (compiler and compiler.declared)
    if name == _OF_PKG_CONFIG:
        return is_named("PkgConfig")
    return package is not None and is_named(package[1])


def _find_heirs(name: str, declared: Sequence[str]) -> tuple[str, ...]:
    """Return the ggml option that has replaced an option of whisper.cpp, if any."""
    stem = name.removeprefix("WHISPER_")
    heir = f"GGML_{_RENAMED.get(stem, stem)}"
    return (heir,) if stem != name and heir in declared else ()


def _find_near(name: str, declared: Sequence[str]) -> tuple[str, ...]:
    """Return the declared names that may have been meant: the new name of the option, else names spelled alike."""
    stems = [name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)] or [name]
    stems += [stem.replace(old, new) for stem in stems for old, new in _RENAMED.items() if old in stem]
    moved = [f"{prefix}{stem}" for stem in reversed(stems) for prefix in _PREFIXES]
    successors = [one for one in moved if one in declared]
    if successors:
        return tuple(successors[:1])
    return tuple(difflib.get_close_matches(name, declared, n=_MOST_NEAR, cutoff=0.75))
