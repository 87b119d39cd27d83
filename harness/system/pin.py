"""Where the pinned facts about third parties (sources, weights) lie."""

from pathlib import Path

from harness.errors import HarnessError

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
        hint="reinstall the harness",
    )
