"""The files that come with the harness: pinned facts about third parties, and CMake projects."""

import hashlib
import os
from pathlib import Path

from harness.errors import HarnessError
from harness.records.record import short_hash
from harness.render.html.page import PageKit

_PACKAGE = Path(__file__).resolve().parents[1]


def third_party(name: str) -> Path:
    """Return the path of the file `name` in `third_party/`.

    An installed wheel has the folder inside the package, a checkout beside it; the one in the package takes precedence,
    because what is beside an installed package belongs to others. Raises HarnessError if the file is in neither.
    """
    for folder in (_PACKAGE / "third_party", _PACKAGE.parent / "third_party"):
        if (folder / name).is_file():
            return folder / name
    raise HarnessError(
        f"third_party/{name} is missing from this installation",
        cause="the checkout or the wheel is incomplete",
        hint="install the harness again",
    )


def roofline_project() -> Path:
    """Return the folder to configure."""
    return _PACKAGE / "native" / "roofline"


def roofline_digest() -> str:
    """Return twelve hex digits of a hash over the sources, which identify the probe that is made from them."""
    return _digest(roofline_project())


def reference_project() -> Path:
    """Return the folder to configure."""
    return _PACKAGE / "native" / "reference"


def reference_digest() -> str:
    """Return twelve hex digits of a hash over the sources, which identify the program that is made from them."""
    return _digest(reference_project())


def _digest(project: Path) -> str:
    files = sorted(path for path in project.iterdir() if path.suffix in (".c", ".h", ".txt"))
    return short_hash([(path.name, path.read_text(encoding="utf-8")) for path in files])


def library_project() -> Path:
    """Return the folder to configure: `cmake -S <it> -DWHISPER_SOURCE=<tree>`; libraries are built in `lib/`."""
    return _PACKAGE / "native" / "library"


def load_page_kit() -> PageKit:
    """Return the templates, the style sheet, the script and the icon of pages."""
    folder = _PACKAGE / "render" / "html"
    templates = sorted((folder / "template").glob("*.html"))
    return PageKit(
        templates=tuple((path.name, path.read_text(encoding="utf-8")) for path in templates),
        style=(folder / "asset" / "site.css").read_text(encoding="utf-8"),
        script=(folder / "asset" / "site.js").read_text(encoding="utf-8"),
        icon=(folder / "asset" / "icon.svg").read_text(encoding="utf-8"),
    )


def package_digest(room: str = "") -> str:
    """Return sixteen hex digits of a hash over the files of the harness, or of one of its rooms.

    They identify what it makes of its input.
    """
    found = hashlib.sha256()
    for folder, folders, names in os.walk(_PACKAGE / room):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = Path(folder) / name
            found.update(f"{path.relative_to(_PACKAGE)}\0".encode(errors="surrogateescape"))
            found.update(path.read_bytes())
    return found.hexdigest()[:16]
