"""The files of a bundle as they are shared: read, freed of private words, and packed into one archive."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from harness.errors import UnreadableError
from harness.judge.disguise import Disguise
from harness.judge.disguised_run import Words, clean_json, disguise_run
from harness.judge.privacy import SAMPLE
from harness.records.run import OURS, Run
from harness.records.share import OmittedFile
from harness.render.report import render_report
from harness.store.bundle import LOGS, PLAN, REPORT, RUN, bundle_folder, encode_run
from harness.system.foreign import read_bytes, walk_tree

# Text alone can be cleaned; a log with anything else in it may hold what nobody sees.
_NO_TEXT = "it holds bytes that are not UTF-8 text, which cannot be searched for private words"
_UNREADABLE = "it is no JSON"
_SPOKEN = "it holds what was said in a recording of your own"
_MODE = 0o644


class SharedBundle(NamedTuple):
    """A run without private words, the files of its bundle by their paths in an archive, and what was left out."""

    run: Run
    files: Mapping[str, bytes]
    omitted: tuple[OmittedFile, ...]


def share_bundle(bundle: Path, run: Run, words: Words, disguise: Disguise) -> SharedBundle:
    """Return the files of a bundle without private words; links, special files and unknown bytes are left out."""
    own = disguise_run(run, words, disguise)
    root = bundle_folder(Path(), own)
    spoken = tuple(f"{LOGS}/{stem}." for stem in _list_spoken(run))
    files: dict[str, bytes] = {RUN: encode_run(own)}
    texts: dict[str, str] = {}
    omitted: list[OmittedFile] = []
    for name, content in _read_files(bundle, omitted):
        text = _decode(content)
        if name == RUN or (name == REPORT and run.origin == OURS):
            continue  # they are made anew
        if name == PLAN:
            try:
                plan = clean_json(msgspec.json.decode(content), words, disguise)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                omitted.append(OmittedFile(path=name, reason=_UNREADABLE))
                continue
            files[name] = msgspec.json.format(msgspec.json.encode(plan), indent=1) + b"\n"
        elif text is None or name.startswith(spoken):
            omitted.append(OmittedFile(path=disguise.clean(name), reason=_NO_TEXT if text is None else _SPOKEN))
        else:
            texts[disguise.clean(name)] = disguise.clean(text).replace(run.id, own.id)
    if run.origin == OURS:
        logs = {name.removeprefix(f"{LOGS}/"): text for name, text in texts.items()}
        texts[REPORT] = render_report(own, logs)
    files |= {name: text.encode() for name, text in texts.items()}
    placed = {str(PurePosixPath(root) / name): files[name] for name in sorted(files)}
    return SharedBundle(own, placed, tuple(omitted))


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a gzipped tar of files, the same bytes for the same files whoever packs them, and whenever."""
    plain = io.BytesIO()
    with tarfile.TarFile(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), _MODE
            tar.addfile(member, io.BytesIO(files[name]))
    return gzip.compress(plain.getvalue(), mtime=0)


def _read_files(bundle: Path, omitted: list[OmittedFile]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for folder, listing, _ in walk_tree(bundle):
        inside = folder.relative_to(bundle)
        for name, kind in listing.others:
            omitted.append(OmittedFile(path=str(inside / name), reason=f"it is {kind}" if name else kind))
        for name in listing.files:
            path = str(inside / name)
            try:
                found.append((path, read_bytes(folder / name, within=bundle)))
            except UnreadableError as error:
                omitted.append(OmittedFile(path=path, reason=error.cause or error.what))
    return sorted(found)


def _list_spoken(run: Run) -> list[str]:
    """Return the names, without their endings, of the logs with the words of recordings other than whisper.cpp's."""
    results = (one for one in (*run.results, *run.discarded) if one.log and one.case)
    return [PurePosixPath(one.log).stem for one in results if one.case and one.case.get("audio") not in ("", SAMPLE)]


def _decode(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
