"""The files that come with the harness: pinned facts about third parties, and CMake projects."""

from pathlib import Path

from harness.errors import HarnessError
from harness.records.record import short_hash

_PACKAGE = Path(__file__).resolve().parents[1]


def third_party(name: str) -> Path:
    """Return the path of the file `name` in `third_party/`.

    An installed wheel carries the folder inside the package, a checkout beside it; the package's own wins, because
    what lies beside an installed package belongs to others. Raises HarnessError when the file is in neither.
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
    """Return twelve hex digits over the sources, so that a probe of other sources is not taken for this one."""
    files = sorted(path for path in roofline_project().iterdir() if path.suffix in (".c", ".h", ".txt"))
    return short_hash([(path.name, path.read_text(encoding="utf-8")) for path in files])


def library_project() -> Path:
    """Return the folder to configure: `cmake -S <it> -DWHISPER_SOURCE=<tree>`; libraries come out in `lib/`."""
    return _PACKAGE / "native" / "library"
