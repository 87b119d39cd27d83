"""Libraries that the dynamic loader would find before those of a build.

Folders in LD_LIBRARY_PATH are searched before those that CMake writes into programs (DT_RUNPATH, see ld.so(8)). An
installed whisper.cpp in one of them would be loaded, and measured, instead of the one that was built.
"""

import os
import re
from collections.abc import Mapping

from harness.records.caveat import Caveat, CaveatCode

_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_RIVAL = re.compile(r"lib(?:whisper|ggml)[\w.+-]*\.(?:so|dylib)[.\d]*")


def drop_rivals(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[Caveat, ...]]:
    """Return the variables without the folders that hold another libwhisper or libggml, and the removed folders."""
    kept = dict(environ)
    caveats = []
    for variable in _VARIABLES:
        folders = environ.get(variable, "").split(":")
        found = {folder: rival for folder in folders if folder and (rival := _find_rival(folder))}
        if found:
            left = [folder for folder in folders if folder not in found]
            kept.pop(variable)
            kept |= {variable: ":".join(left)} if any(left) else {}
            rivals = ", ".join(f"{folder} (it has {rival})" for folder, rival in found.items())
            message = f"left out of {variable}, so that the build is measured and not the libraries there: {rivals}"
            caveats.append(Caveat(code=CaveatCode.LIBRARY_PATH, message=message))
    return kept, tuple(caveats)


def _find_rival(folder: str) -> str:
    try:
        with os.scandir(folder) as entries:
            return min((entry.name for entry in entries if _RIVAL.fullmatch(entry.name)), default="")
    except OSError:
        return ""
