"""A throw-away history of the real whisper.cpp in which one commit makes encoding slower.

Around it lie commits of all kinds: comments and pages, which change no code, functions that nobody calls, and one that
does not compile.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.flow.repository import Repository

_SOURCE = Path("src") / "whisper.cpp"
_DONE = "    wstate.t_encode_us += ggml_time_us() - t_start_us;\n"
_SLOWER = """\
    {{
        const int64_t t_done_us = ggml_time_us();
        const int64_t t_more_us = (t_done_us - t_start_us)*{share};
        while (ggml_time_us() - t_done_us < t_more_us) {{}}
    }}

"""


class PlantedHistory(Repository):
    """A repository of `tree`; `shas` are its commits, oldest first, and `culprit` is the one that was planted."""

    def __init__(self, path: Path, tree: Path, environ: Mapping[str, str]) -> None:
        super().__init__(path, environ)
        shutil.copytree(tree, path, dirs_exist_ok=True)
        self.culprit = ""
        self.broken = ""
        self.shas = [self.commit("the release")]

    def add_comment(self) -> None:
        """Commit a comment in the library."""
        self._append(_SOURCE, f"// note {len(self.shas)}\n", "whisper : a note")

    def add_page(self) -> None:
        """Commit a change of a page."""
        self._append(Path("README.md"), f"\nNote {len(self.shas)}.\n", "readme : a note")

    def add_function(self) -> None:
        """Commit a function that nobody calls: other code, with the same speed."""
        number = len(self.shas)
        text = f"int whisper_added_{number}(int x);\nint whisper_added_{number}(int x) {{ return {number} * x + 1; }}\n"
        self._append(_SOURCE, text, f"whisper : function {number}")

    def break_and_mend(self) -> None:
        """Commit what does not compile, and the commit that mends it."""
        whole = (self.path / _SOURCE).read_text()
        self._append(_SOURCE, "#error unfinished\n", "whisper : the first half")
        self.broken = self.shas[-1]
        (self.path / _SOURCE).write_text(f"{whole}// the other half\n")
        self.shas.append(self.commit("whisper : the other half"))

    def plant(self, share: float) -> None:
        """Commit what makes encoding slower by a share of its time, on any machine."""
        text = (self.path / _SOURCE).read_text()
        assert text.count(_DONE) == 1
        (self.path / _SOURCE).write_text(text.replace(_DONE, _SLOWER.format(share=share) + _DONE))
        self.shas.append(self.commit("whisper : look at the result of the encoder"))
        self.culprit = self.shas[-1]

    def _append(self, name: Path, text: str, message: str) -> None:
        with (self.path / name).open("a") as file:
            file.write(text)
        self.shas.append(self.commit(message))


def plant_history(path: Path, tree: Path, environ: Mapping[str, str], *, share: float) -> PlantedHistory:
    """Return a history of two dozen commits behind the release in `tree`, with a planted one among them."""
    history = PlantedHistory(path, tree, environ)
    for add in (history.add_comment, history.add_page, history.add_function) * 3:
        add()
    history.break_and_mend()
    history.add_function()
    history.plant(share)
    for add in (history.add_comment, history.add_function, history.add_page) * 4:
        add()
    return history
