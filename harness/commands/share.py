"""`harness share`: one text to paste and one archive of runs, without the names of people, nodes and folders."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.commands.output import Output
from harness.commands.selection import select_runs
from harness.commands.verb import RUNS, Argument, ArgumentKind, CompletionSource, Verb
from harness.errors import UnfitError, UsageError
from harness.judge.disguise import Disguise
from harness.judge.privacy import list_private_words
from harness.records.record import Record
from harness.records.share import Here, Share, SharedFile
from harness.render.paste import render_paste
from harness.render.share import render_contents
from harness.settings.layer import Settings
from harness.store.bundle import PARTIAL, RUN, require_outside
from harness.store.find import StoredRun
from harness.store.shared_bundle import SharedBundle, pack, share_bundle
from harness.system.foreign import read_bytes
from harness.system.fresh import write_output
from harness.system.identity import name_computer

_ENDING = ".tar.gz"


class ShareWords(Record):
    """The words that name runs, and the archive to write, empty for a name of its own; a `dry` call only shows."""

    runs: tuple[str, ...]
    target: str = ""
    dry: bool = False


def share(settings: Settings, environ: Mapping[str, str], output: Output, asked: ShareWords) -> int:
    """Write an archive of the runs that are asked for, and print what to paste; return the exit code.

    What the archive holds and what was replaced goes to standard error, before anything is written.
    """
    stored, code = select_runs(settings, output, asked.runs)
    for one in stored:
        _require_bundle(one)
    private = list_private_words([one.run for one in stored], find_here(environ))
    disguise = Disguise(private)
    named = {one.word: one for one in private}
    shared = [share_bundle(Path(one.path), one.run, named, disguise) for one in stored]
    files = {name: content for one in shared for name, content in one.files.items()}
    listed = tuple(SharedFile(path=name, size_bytes=len(files[name])) for name in sorted(files))
    omitted = tuple(file.replace(path=f"{one.run.id}/{file.path}") for one in shared for file in one.omitted)
    output.console.note(render_contents(listed, omitted, disguise.replaced))
    content = pack(files)
    path = Path(asked.target or _name_archive(shared, content))
    if asked.dry:
        output.console.note(f"nothing is written; without --dry-run it would be {path}")
    else:
        _write(path, content, output)
    counts: dict[str, int] = {}
    for found in disguise.replaced:
        counts[found.rule] = counts.get(found.rule, 0) + found.count
    paste = render_paste([one.run for one in shared])
    answer = Share(
        paste=paste,
        archive="" if asked.dry else str(path),
        files=listed,
        omitted=omitted,
        replaced=tuple(counts.items()),
    )
    output.show(paste, answer)
    return code


def find_here(environ: Mapping[str, str]) -> Here:
    """Return what identifies the caller: user, home folder, and the name of this computer."""
    user = environ.get("USER") or environ.get("LOGNAME") or ""
    return Here(user=user, home=environ.get("HOME", ""), host=name_computer())


def _require_bundle(stored: StoredRun) -> None:
    path = Path(stored.path)
    if path.name.endswith(PARTIAL):
        name = path.name.removesuffix(PARTIAL)
        raise UsageError(f"{name} is not finished", hint=f"harness run --resume {name}")
    if not (path / RUN).is_file():
        raise UsageError(f"{path} is not a run in the results folder", hint=f"harness import {path}")


def _name_archive(shared: Sequence[SharedBundle], content: bytes) -> str:
    if len(shared) == 1:
        return f"share-{shared[0].run.id}{_ENDING}"
    return f"share-{len(shared)}-runs-{hashlib.sha256(content).hexdigest()[:8]}{_ENDING}"


def _write(path: Path, content: bytes, output: Output) -> None:
    if not path.name.endswith((_ENDING, ".tgz")):
        raise UsageError(f"{path} is not the name of an archive", hint=f"-o {path}{_ENDING}")
    require_outside(path)
    if path.is_file() and (path.stat().st_size != len(content) or read_bytes(path) != content):
        raise UsageError(f"{path} exists and holds something else", hint=f"-o FILE{_ENDING}  # or remove {path}")
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint=f"-o {path / 'share'}{_ENDING}")
    try:
        write_output(path, content)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise UnfitError(
            f"cannot write {path}", cause=cause, hint=f"-o FILE{_ENDING}  # in a folder that you may write to"
        ) from None
    output.console.note(f"wrote {path}: {len(content):,} bytes; harness import {path} reads it")


VERB = Verb(
    name="share",
    call=lambda call: share(
        call.settings,
        call.environ,
        call.output,
        ShareWords(runs=call.words("run"), target=call.text("output"), dry=call.flag("dry_run")),
    ),
    arguments=(
        RUNS,
        Argument(
            name="--output",
            short="-o",
            metavar="FILE",
            path=True,
            words=CompletionSource.FILE,
            help=f"the archive (default: share-ID{_ENDING} in this folder)",
        ),
        Argument(
            name="--dry-run",
            takes=ArgumentKind.SWITCH,
            help="show what the archive would hold and what is replaced, and write nothing",
        ),
    ),
    examples=(
        ("harness share latest", "what to paste, and an archive to attach"),
        ("harness share latest --dry-run", "only show what would be in it"),
        ("harness share latest | wl-copy", "the paste goes to the clipboard, all else to the terminal"),
    ),
)
