"""Links, loops, FIFOs, devices and sockets where the harness expects a file or a folder of others."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.deed import Begun
from tests.faults.fault import FINE, Deed, Family, Fault, Seen, refuses
from tests.faults.stage import SHORT, Stage
from tests.flow.kit import ROOT
from tests.special import make_socket

_WORD = "S3CRET-WORD"
_REPORT = ROOT / "tests" / "data" / "reports" / "e0f3c9d4__ggml-4-x86-cuda-v100.md"


def _folder(path: Path, stage: Stage) -> None:
    elsewhere = stage.kit.folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "x.log").write_text(f"{_WORD}\n")
    path.symlink_to(elsewhere)


_KINDS: dict[str, tuple[str, Callable[[Path, Stage], None]]] = {
    "out": ("a link to a file of the user's", lambda path, stage: path.symlink_to(stage.kit.folder / "secret")),
    "loop": ("a link to itself", lambda path, _: path.symlink_to(path.name)),
    "fifo": ("a FIFO", lambda path, _: os.mkfifo(path)),
    "zero": ("a link to /dev/zero", lambda path, _: path.symlink_to("/dev/zero")),
    "socket": ("a socket", lambda path, _: make_socket(path)),
    "folder": ("a link to another folder", _folder),
    "run": ("a link to a finished run's record", lambda path, stage: path.symlink_to(stage.witness / "run.json")),
}
_FILES = ("out", "loop", "fifo", "zero", "socket")
_ENDLESS = ("loop", "fifo", "zero", "socket")


class Strange(Deed):
    """Something else than a file stands in its place; afterwards nothing is published or written through it.

    A `place` below `copy/` is in a copy of the finished run, below `partial/` in an unfinished one (a name may be a
    pattern), and else below the kit's folder.
    """

    place: str
    kind: str

    def strike(self, stage: Stage) -> None:
        secret = stage.kit.folder / "secret"
        secret.write_text(f"{_WORD}\n")
        for path in self._find(stage):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            _KINDS[self.kind][1](path, stage)
        stage.checks.append(lambda: "" if secret.read_text() == f"{_WORD}\n" else "a link was written through")
        stage.checks.append(lambda: next(_find_word(stage), ""))

    def _find(self, stage: Stage) -> list[Path]:
        top, _, name = self.place.partition("/")
        if top == "copy":
            folder = stage.witness.with_name(f"{stage.witness.name}-copy")
            if not folder.exists():
                shutil.copytree(stage.witness, folder)
                text = (folder / "run.json").read_text()
                (folder / "run.json").write_text(text.replace(stage.witness.name, folder.name))
        elif top == "partial":
            (folder,) = stage.begun()
        else:
            return [stage.kit.folder / self.place]
        return list(folder.glob(name)) or [folder / name]


class Report(Deed):
    """A report of ggml-ci lies in a tree to be imported."""

    def strike(self, stage: Stage) -> None:
        (stage.kit.folder / "tree").mkdir()
        shutil.copyfile(_REPORT, stage.kit.folder / "tree" / "real.md")


def _find_word(stage: Stage) -> Iterator[str]:
    for top in (stage.kit.results, stage.kit.cache, stage.kit.folder / "public", stage.kit.folder / "out.csv"):
        for path in [top, *(top.rglob("*") if top.is_dir() and not top.is_symlink() else [])]:
            if path.is_file() and not path.is_symlink() and _WORD.encode() in path.read_bytes():
                yield f"{path} holds what a link pointed to"


def _fault(
    name: str, place: str, kind: str, seen: Seen, words: tuple[str, ...], *before: Deed, sample: bool = False
) -> Fault:
    return Fault(
        family=Family.LINK,
        name=f"{name}-{kind}",
        where=f"{place}, as `{' '.join(words[:2])}` finds it",
        what=f"it is {_KINDS[kind][0]}",
        deeds=(*before, Strange(place=place, kind=kind)),
        seen=seen,
        words=words,
        sample=sample,
    )


_READERS = {
    "list": ("list",),
    "show": ("show", "all"),
    "report": ("report", "all", "--format", "issue89-full"),
    "export": ("export", "all", "--output", "@/public"),
}


def _stored() -> Iterator[Fault]:
    for verb, words in _READERS.items():
        for kind in _FILES:
            seen = Seen(codes=(5,), says=("run.json",))
            yield _fault(
                f"{verb}-run.json", "copy/run.json", kind, seen, words, sample=(verb, kind) == ("list", "fifo")
            )
    for verb in ("report", "export"):
        for kind in _FILES:
            codes = (0,) if verb == "report" else (0, 5)
            yield _fault(f"{verb}-README.md", "copy/README.md", kind, Seen(codes=codes), _READERS[verb])
            sample = (verb, kind) == ("export", "out")
            yield _fault(f"{verb}-logs", "copy/logs/*", kind, Seen(), _READERS[verb], sample=sample)
        yield _fault(f"{verb}-logs", "copy/logs", "folder", Seen(), _READERS[verb])
    for place in ("results/node-2", "results/node-1/2024-01", "results/node-1/2025-01/20250101T000000Z-a"):
        for kind in ("folder", "loop"):
            yield _fault(f"runs-{place.count('/')}", place, kind, Seen(), ("list",))
    for kind in _FILES:
        place = "results/node-1/2025-01/20250101T000000Z-aaaaaaaa.sweep.json"
        yield _fault("sweep.json", place, kind, Seen(codes=(2, 5)), ("show", "sweep"))


def _unfinished() -> Iterator[Fault]:
    refused = Seen(codes=(0, 2, 5), keeps=("*.partial", "*.tmp"))
    resume = ("run", "--resume")
    for name in ("plan.json", "run.json", "logs/targets_release.log", "run.json.tmp"):
        for kind in ("out", "fifo"):
            yield _fault(f"resume-{name.rpartition('/')[2]}", f"partial/{name}", kind, refused, resume, Begun())


def _named() -> Iterator[Fault]:
    for kind in _ENDLESS:
        yield _fault("config", "harness.toml", kind, refuses(2, "harness.toml"), ("list",))
        yield _fault("weights", "strange", kind, Seen(codes=(4, 5)), ("run", *SHORT, "--weights", "@/strange"))
        for name in ("CMakeLists.txt", "include/whisper.h"):
            yield _fault(f"source-{Path(name).name}", f"whisper.cpp/{name}", kind, Seen(codes=(2, 5)), ("run", *SHORT))
        yield _fault("import", "strange", kind, Seen(codes=(2, 5)), ("import", "@/strange"))
        yield _fault("report-to", "out.csv", kind, refuses(3, "cannot write"), _TO)
    for kind in _FILES:
        yield _fault("import-tree", "tree/x.md", kind, Seen(), ("import", "@/tree"), Report())
        yield _fault("cmake-file", "whisper.cpp/cmake/x.cmake", kind, FINE, ("run", *SHORT))
        yield _fault("durations", "cache/durations.json", kind, FINE, ("run", *SHORT))
    yield _fault("import-tree", "tree/node", "folder", Seen(), ("import", "@/tree"), Report())
    yield _fault("report-to", "out.csv", "run", refuses(2, "lies in the run"), _TO, sample=True)
    yield _fault("export-to", "public/whisper.cpp", "folder", refuses(3, "a link"), _READERS["export"])


_TO = ("report", "latest", "--format", "csv", "-o", "@/out.csv")
FAULTS = (*_stored(), *_unfinished(), *_named())
