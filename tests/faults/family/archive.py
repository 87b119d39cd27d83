"""Source archives that nobody has vouched for, under a pin of their own."""

import compileall
import gzip
import hashlib
import io
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.faults.fault import FINE, Deed, Family, Fault, Seen, refuses
from tests.faults.stage import Stage
from tests.flow.kit import ROOT

TOP = "thing-1.0/whisper.cpp"
NAME = "thing-1.0.tar.gz"
_GOOD = (
    ("file", f"{TOP}/CMakeLists.txt", b'project("whisper.cpp" C CXX)\n'),
    ("file", f"{TOP}/include/whisper.h", b"#define WHISPER_H\n"),
)
_KINDS = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "link": tarfile.SYMTYPE,
    "hard": tarfile.LNKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "device": tarfile.CHRTYPE,
}
_COMPILING = threading.Lock()
Member = tuple[str, str, bytes]


class Packed(Deed):
    """The pinned release is this archive; the content of a link is where it leads. `cut` bytes are missing at the end.

    With `zeros`, a member of so many megabytes follows; `served` is what the index has instead.
    """

    members: tuple[Member, ...] = _GOOD
    cut: int = 0
    flip: int = 0
    zeros: int = 0
    extra: bytes = b""
    served: bytes | None = None
    top: str = "whisper.cpp"
    away: bool = False

    def strike(self, stage: Stage) -> None:
        archive = _pack(self.members, self.zeros)
        archive = archive[: len(archive) - self.cut] + self.extra
        if self.flip:
            archive = archive[: self.flip] + bytes([archive[self.flip] ^ 0xFF]) + archive[self.flip + 1 :]
        offered = archive if self.served is None else self.served
        index = stage.kit.folder / "index"
        index.mkdir()
        if not self.away:
            (index / NAME).write_bytes(offered)
        program = stage.kit.folder / "program"
        shutil.copytree(_compile_program(stage.workshop), program / "harness")
        shutil.copytree(ROOT / "third_party", program / "third_party")
        (program / "third_party" / "sources.toml").write_text(
            f'default = "v9.9.9"\nrepo = "{stage.kit.folder}/nowhere"\n[[release]]\ntag = "v9.9.9"\npruned = false\n'
            f'[release.sdist]\nname = "thing"\nversion = "1.0"\nfilename = "{NAME}"\nbytes = {len(archive)}\n'
            f'sha256 = "{hashlib.sha256(archive).hexdigest()}"\nsubdirectory = "{self.top}"\n'
        )
        stage.environ |= {
            "PYTHONPATH": str(program),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_FIND_LINKS": str(index),
            "PIP_NO_INDEX": "1",
        }
        outside = stage.kit.folder / "outside"
        outside.mkdir()
        before = _below(stage.kit.folder)
        stage.checks.append(lambda: _escaped(stage, before))


def _compile_program(workshop: Path) -> Path:
    """Return a copy of the harness with its bytecode: to compile it for each fault would take longer than the fault."""
    program = workshop / "program"
    with _COMPILING:
        if not program.exists():
            shutil.copytree(ROOT / "harness", program, ignore=shutil.ignore_patterns("__pycache__"))
            compileall.compile_dir(program, quiet=2)
    return program


def _pack(members: tuple[Member, ...], zeros: int) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for kind, name, content in members:
            info = tarfile.TarInfo(name)
            info.type = _KINDS[kind]
            leads = kind in ("link", "hard")
            info.linkname = content.decode() if leads else ""
            info.size = 0 if leads else len(content)
            tar.addfile(info, io.BytesIO(content))
        head = plain.getvalue()
    if not zeros:
        return gzip.compress(plain.getvalue(), compresslevel=1, mtime=0)
    # A gzip file may be several in a row: one megabyte is packed, and said again and again.
    info = tarfile.TarInfo(f"{TOP}/zeros")
    info.size = zeros << 20
    end = bytes(2 * tarfile.BLOCKSIZE)
    return gzip.compress(head + info.tobuf()) + gzip.compress(bytes(1 << 20)) * zeros + gzip.compress(end)


def _below(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} | {
        f"outside/{path.name}" for path in (folder / "outside").iterdir()
    }


def _escaped(stage: Stage, before: set[str]) -> str:
    now = _below(stage.kit.folder) - before - {"shim.log"}
    trees = [path.name for path in (stage.kit.cache / "sources").glob("*") if path.is_dir()]
    trees = [name for name in trees if stage.sealed() == []]
    found = sorted(now) + trees
    return f"{found} came out of the archive" if found else ""


def _fault(name: str, what: str, *says: str, seen: Seen | None = None, sample: bool = False, **deed: object) -> Fault:
    return Fault(
        family=Family.ARCHIVE,
        name=name,
        where="the source archive",
        what=what,
        deeds=(Packed().replace(**deed),),
        seen=seen or refuses(4, *says),
        words=(
            "run",
            "--no-tests",
            "--bench",
            "whisper",
            "--repetitions",
            "1",
            "--ref",
            "v9.9.9",
            "--model",
            "tiny",
            "--weights",
            "@W",
        ),
        sample=sample,
    )


def _hostile() -> Iterator[Fault]:
    for name, what, member, says in (
        ("absolute", "an absolute path", ("file", "/outside/evil", b"x"), "leads out"),
        ("climbing", "a path with ..", ("file", f"{TOP}/../../../../outside/evil", b"x"), "leads out"),
        ("climbing-elsewhere", "a path with .. outside the tree", ("file", "thing-1.0/../evil", b"x"), "leads out"),
        ("backslash", "a path with a backslash", ("file", f"{TOP}/..\\evil", b"x"), "leads out"),
        ("link-out", "a link out of the tree", ("link", f"{TOP}/a", b"/outside"), "is a link"),
        ("link-in", "a link inside the tree", ("link", f"{TOP}/a", b"CMakeLists.txt"), "is a link"),
        ("hard-link", "a hard link out of the tree", ("hard", f"{TOP}/a", b"/etc/passwd"), "is a link"),
        ("fifo", "a pipe", ("fifo", f"{TOP}/a", b""), "neither"),
        ("device", "a device", ("device", f"{TOP}/a", b""), "neither"),
        ("twice", "a file twice", ("file", f"{TOP}/CMakeLists.txt", b"project(evil)\n"), "twice"),
        ("folder-for-file", "a folder of a file's name", ("folder", f"{TOP}/CMakeLists.txt", b""), "twice"),
        ("below-a-file", "a file below a file", ("file", f"{TOP}/CMakeLists.txt/x", b""), "cannot be unpacked"),
        ("long-name", "a name of 5000 letters", ("file", f"{TOP}/{'x' * 5000}", b""), "cannot be unpacked"),
        ("deep", "two thousand folders in one another", ("file", f"{TOP}/{'d/' * 2500}x", b""), "cannot be unpacked"),
        ("nul", "NUL in a name", ("file", f"{TOP}/a\0b", b""), ""),
    ):
        seen = Seen(codes=(0, 4), status=FINE.status) if name == "nul" else None
        yield _fault(name, what, *filter(None, [says]), seen=seen, members=(*_GOOD, member), sample=name == "climbing")


FAULTS = (
    _fault("good", "nothing: the archive is well", seen=FINE),
    *_hostile(),
    _fault(
        "link-then-file",
        "a link, and a file through it",
        "is a link",
        members=(*_GOOD, ("link", f"{TOP}/d", b"/outside"), ("file", f"{TOP}/d/evil", b"x")),
    ),
    _fault("bomb", "1100 MB of zeros", "more bytes", zeros=1100),
    _fault(
        "many", "20 001 members", "members", members=(*_GOOD, *(("folder", f"{TOP}/f{n}", b"") for n in range(20_001)))
    ),
    _fault("cut", "its last 10 bytes are missing", "damaged", cut=10),
    _fault("cut-half", "its last 200 bytes are missing", "cannot be unpacked", cut=200),
    _fault("flipped", "one byte is another", "cannot be unpacked", flip=150),
    _fault("empty", "it is empty", "cannot be unpacked", members=(), cut=0),
    _fault("another-tree", "it holds another tree", "no folder", top="elsewhere"),
    _fault(
        "no-whisper",
        "the tree is not whisper.cpp",
        "whisper",
        members=_GOOD[:1],
        seen=Seen(codes=(2, 4), says=("whisper",)),
    ),
    _fault("wrong-sum", "the index has another file", "SHA-256", served=b"other", sample=True),
    _fault("endless", "the index has a longer file", "cannot be downloaded", served=bytes(3_000_000)),
    _fault("login-page", "the index has a login page", "SHA-256", served=b"<html>log in</html>"),
    _fault("gone", "the index does not have it", "cannot be downloaded", away=True),
    _fault("tail", "bytes that do not belong to it at its end", "cannot be unpacked", extra=b"evil" * 100),
)
