"""Files of settings, written by people."""

import os
from collections.abc import Mapping
from pathlib import Path

from harness.errors import UnfitError, UnreadableError, UsageError
from harness.parse.notation import MOST_TOML, parse_toml
from harness.settings.layer import name_setting
from harness.system.foreign import MissingError, read_bytes
from harness.system.fresh import write_atomic


def read_toml(path: Path, *, required: bool = True, example: str = 'model = ["tiny", "base"]') -> dict[str, object]:
    """Return the tables of a TOML file; empty for a missing file that is not `required`.

    Raises UsageError for a file that cannot be read or is not a regular file, UnreadableError for invalid TOML, with an
    `example`.
    """
    try:
        text = read_bytes(path, most_bytes=4 * MOST_TOML).decode("utf-8").replace("\r\n", "\n")
    except MissingError:
        if required:
            raise UsageError(f"no such file: {path}", hint="name an existing file, or create this one") from None
        return {}
    except UnreadableError as error:
        raise UsageError(error.what, cause=error.cause, hint=error.hint) from None
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} is not valid TOML", cause=str(error), hint=example) from None
    return parse_toml(text, str(path), hint=example)


def change_toml(path: Path, values: Mapping[str, object], comment: str) -> None:
    """Set keys in a TOML file, which is created if necessary; everything else in it, including comments, is kept.

    Raises UnreadableError for invalid TOML, UnfitError if the file cannot be written.
    """
    import tomlkit

    read_toml(path, required=False)
    try:
        there = path.exists()
        document = tomlkit.parse(read_bytes(path).decode("utf-8")) if there else tomlkit.document()
        if not document:
            document.add(tomlkit.comment(comment))
        for key in [key for key in document if key not in values and name_setting(key) in values]:
            del document[key]  # another spelling of the same setting
        for key, value in values.items():
            document[key] = value
        # A link that a person made stays one: what it points to is written.
        write_atomic(Path(os.path.realpath(path)), tomlkit.dumps(document).encode())
    except OSError as error:
        raise UnfitError(f"cannot write {path}", cause=error.strerror or str(error)) from None
