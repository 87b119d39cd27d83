"""One side of a comparison as the user writes it: `v1.8.4`, `../my-tree`, `fa=1`, `v1.8.5,GGML_LTO=ON,threads=2`."""

from collections.abc import Callable, Sequence

from harness.errors import UsageError
from harness.records.record import Record
from harness.records.source import SourceRequest
from harness.settings.layer import name_setting, nearest
from harness.settings.value import name_option, split_pair

# What a side may differ in, and the setting behind it; a name in capitals is an option of CMake.
KEYS = {
    "ref": "ref",
    "repo": "repo",
    "source": "source",
    "isa": "isa",
    "compiler": "compiler",
    "build_type": "build_type",
    "backend": "backend",
    "blas": "blas",
    "llamafile": "llamafile",
    "openmp": "openmp",
    "threads": "threads",
    "fa": "flash_attn",
    "weights": "weights",
    "quant": "quant",
}
# No ref begins with any of these.
PATHS = (".", "/", "~")
# The parts of a source.
ORIGINS = ("ref", "repo", "source")


class SideRequest(Record):
    """The changes that one side makes to the shared settings: settings by name, and additional CMake options."""

    label: str
    values: tuple[tuple[str, str], ...] = ()
    defines: tuple[str, ...] = ()

    @classmethod
    def of(cls, label: str, named: Sequence[tuple[str, str]], defines: Sequence[str]) -> "SideRequest":
        """Return the side that changes the `named` keys and sets CMake options."""
        return cls(label=label, values=tuple((KEYS[key], value) for key, value in named), defines=tuple(defines))

    @property
    def named(self) -> dict[str, str]:
        """The origin that the side names itself: its `ref`, `repo` or `source`."""
        return {name: value for name, value in self.values if name in ORIGINS}

    @property
    def inherited(self) -> frozenset[str]:
        """Which of the shared `ref`, `repo` and `source` apply to this side; a local tree uses neither ref nor repo."""
        if "source" in self.named or {"ref", "repo"} <= self.named.keys():
            return frozenset()
        if self.named:
            return frozenset({"ref", "repo"} - self.named.keys())
        return frozenset(ORIGINS)

    def choose_source(self, shared: SourceRequest) -> SourceRequest:
        """Return the source of this side, made from the shared one and what the side names itself."""
        common = {"ref": shared.ref, "repo": shared.repo, "source": shared.tree}
        mine = {name: value if name in self.inherited else "" for name, value in common.items()} | self.named
        return shared.replace(ref=mine["ref"], repo=mine["repo"], tree=mine["source"])


def name_key(word: str) -> str:
    """Return the key of a side or an axis for a word, which may be the name of the setting behind it."""
    return "fa" if name_setting(word) == KEYS["fa"] else word


def parse_side(words: str, *, is_folder: Callable[[str], bool]) -> SideRequest:
    """Return the side that `words`, separated by commas, describe.

    A word is KEY=VALUE, the path of a local tree, or a ref. Raises UsageError for unknown keys, and for two sources.
    """
    values: dict[str, str] = {}
    defines: list[str] = []
    for word in (piece.strip() for piece in words.split(",")):
        pair = split_pair(word)
        key, value = pair or ("source" if is_folder(word) else "ref", word)
        if pair and (option := name_option(key)):
            defines.append(f"{option}={value}")
            continue
        name = KEYS.get(name_key(key), "")
        if not name:
            raise UsageError(f"{words}: unknown key {key!r}", hint=nearest(key, KEYS))
        if not value:
            raise UsageError(
                f"{words!r} has an empty part", hint="a side is a ref, a folder, or KEY=VALUE, joined by commas"
            )
        if not pair and name == "ref" and word.startswith(PATHS):
            raise UsageError(f"{words}: there is no folder {word}", hint=f"ls {word.rpartition('/')[0] or '.'}")
        if name in values:
            raise UsageError(f"{words}: {name} is given twice", hint=f"leave out one {name}")
        values[name] = value
    if "source" in values and (others := {"ref", "repo"} & values.keys()):
        raise UsageError(
            f"{words}: a local tree cannot have a {' or a '.join(sorted(others))}", hint="leave out one of the two"
        )
    return SideRequest(label=words, values=tuple(values.items()), defines=tuple(defines))
