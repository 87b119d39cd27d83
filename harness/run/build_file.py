"""Files of the harness that builds use, kept in the cache so that checkouts can share builds; code layouts."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from harness.errors import PartlyUnfitError
from harness.plan.code_layout import LINKED, ORDER, SCRIPT, render_order, render_script
from harness.records.plan import CodeLayout
from harness.records.record import short_hash
from harness.system.cache.entry import locked
from harness.system.foreign import is_regular, read_bytes
from harness.system.fresh import write_atomic

# CMake files: changes to whisper.cpp's build; support for linking in another order; the relinking itself.
PROJECT, LAYOUT, RELINK = "project", "layout", "relink"
_FILES = Path(__file__).parents[1] / "native" / "cmake"


def keep_include(cache: Path, name: str) -> str:
    """Copy one of our CMake files into the cache and return the path of the copy; its name depends on its content."""
    content = (_FILES / f"{name}.cmake").read_bytes()
    path = cache / "cmake" / f"{name}-{short_hash(content.decode(), length=8)}.cmake"
    _keep(path, content)
    return str(path)


def keep_code_layouts(cache: Path, seeds: Sequence[int]) -> tuple[CodeLayout, ...]:
    """Write the linker files for the code layouts of these seeds into the cache, and return the code layouts."""
    code_layouts = []
    for seed in seeds:
        files = _render_code_layout(seed)
        folder = cache / "cmake" / f"layout-{seed}-{short_hash(files, length=8)}"
        for name, text in files.items():
            _keep(folder / name, text.encode())
        code_layouts.append(CodeLayout(seed=seed, folder=str(folder)))
    return tuple(code_layouts)


def write_code_layout(folder: Path, seed: int) -> CodeLayout:
    """Write the linker files of a code layout that is used only once into a new folder, and return it."""
    folder.mkdir(parents=True)
    for name, text in _render_code_layout(seed).items():
        (folder / name).write_text(text, encoding="ascii")
    return CodeLayout(seed=seed, folder=str(folder))


def require_distinct(folders: Sequence[str]) -> None:
    """Raise PartlyUnfitError if two code layouts gave the same bytes: a linker may accept an option and ignore it."""
    known: dict[str, str] = {}
    for folder in folders:
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.name != LINKED)
        content = short_hash([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
        twin = known.setdefault(content, folder)
        if twin != folder:
            raise PartlyUnfitError(
                f"the code layouts {Path(twin).name} and {Path(folder).name} came out the same",
                cause="the linker ignored the order of functions that it was given",
                hint="-D CMAKE_SHARED_LINKER_FLAGS=-fuse-ld=bfd  # uses GNU ld; or leave out --relink",
            )


def _render_code_layout(seed: int) -> dict[str, str]:
    return {SCRIPT: render_script(seed), ORDER: render_order(seed)}


def _keep(path: Path, content: bytes) -> None:
    if not (is_regular(path) and read_bytes(path) == content):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path, note=lambda _: None):
            write_atomic(path, content)
