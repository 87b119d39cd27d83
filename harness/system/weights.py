"""Which model file to time: the official one, a synthetic one, or one that the user names."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import UnavailableError
from harness.parse.pin import Catalog, CatalogEntry, parse_catalog, require_timeable
from harness.records.caveat import Caveat, CaveatCode
from harness.records.weights import Weights, WeightsKind
from harness.settings.request import WeightsRequest
from harness.settings.weights_sum import WeightsSum, read_sum
from harness.system.asset import third_party
from harness.system.digest import file_sha256, remember_sha256
from harness.system.download.fetch import (
    PATIENT,
    QUICK,
    DownloadRequest,
    Progress,
    RetryPolicy,
    WrongSumError,
    fetch,
    mirrored,
    silent,
)
from harness.system.inspection import inspect_model
from harness.system.summed import find_summed
from harness.system.synthetic import obtain_synthetic
from harness.whisper.synthesis import SEED, file_name
from harness.whisper.tensor_layout import SHAPES, file_bytes

AUTO = "auto"
OFFICIAL = "official"
SYNTHETIC = "synthetic"
# The folder in the cache.
WEIGHTS = "weights"

ResolvedWeights = tuple[Weights, tuple[Caveat, ...]]


@functools.cache
def load_catalog() -> Catalog:
    """Return the catalogue of published model files that comes with the harness."""
    return parse_catalog(third_party("models.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsStore:
    """Where weights are kept, and how others are obtained: the cache, variables, and the catalogue of published files.

    HF_TOKEN is sent to Hugging Face only, and HF_HUB_OFFLINE forbids downloads.
    """

    cache: Path
    environ: Mapping[str, str]
    progress: Progress = silent
    catalog: Catalog = field(default_factory=load_catalog)

    @property
    def token(self) -> str:
        """The token for Hugging Face, empty if there is none."""
        return self.environ.get("HF_TOKEN", "")

    @property
    def offline(self) -> bool:
        """Whether downloads are forbidden."""
        return self.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "on", "yes", "true"}

    @property
    def folder(self) -> Path:
        """The folder of all weights in the cache."""
        return self.cache / WEIGHTS

    @property
    def memory(self) -> Path:
        """The folder of known sums."""
        return self.folder / "sums"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """The requested weights, and the store to obtain them with."""

    entry: CatalogEntry
    request: WeightsRequest
    store: WeightsStore


def resolve_weights(model: str, request: WeightsRequest, store: WeightsStore) -> ResolvedWeights:
    """Return a verified model file, and the caveats about it.

    The choice `auto` is official, or synthetic if the download fails; a path is that of a file or of a folder with
    `ggml-<model>.bin`; a sum is that of a published file, or of one that is in the cache or was used with it before.
    The mirror replaces the address of Hugging Face. A planned request neither downloads nor writes: the file may not
    exist yet, and which one it will be may be undecided. Raises UsageError for a name that cannot be timed,
    UnavailableError for weights that are missing or not as requested, UnreadableError for a file that is not a model,
    UnfitError without free space on the disk.
    """
    choice, entry = request.choice, store.catalog.entry(model)
    require_timeable(entry)
    attempt = _Attempt(entry=entry, request=request, store=store)
    if choice == AUTO:
        return _auto(attempt)
    if choice == OFFICIAL:
        return _official(attempt, PATIENT)
    if choice == SYNTHETIC:
        return _synthetic(attempt, "as asked for")
    wanted = read_sum(choice)
    return _summed(attempt, wanted) if wanted else _named(attempt, Path(choice))


def verify_weights(weights: Weights, *, cache: Path, again: str = "") -> None:
    """Raise UnavailableError, with `again` as its hint, if the file has changed since `weights` was resolved."""
    path = Path(weights.path)
    if not path.is_file():
        raise UnavailableError(f"the weights of {weights.model} no longer exist: {path}", hint=again)
    if file_sha256(path, memory=cache / WEIGHTS / "sums") != weights.sha256:
        raise UnavailableError(f"the weights of {weights.model} have changed: {path}", hint=again)


def _auto(attempt: _Attempt) -> ResolvedWeights:
    try:
        official, caveats = _official(attempt, QUICK)
        if attempt.request.planned and not Path(official.path).is_file() and attempt.entry.name in SHAPES:
            return _undecided(official)
        return official, caveats
    except WrongSumError:  # somebody serves another file under this name: not a thing to pass over
        raise
    except UnavailableError as error:
        if attempt.entry.name not in SHAPES:
            raise
        reason = error.cause or error.what
    return _synthetic(attempt, f"because the official file is unavailable: {reason}")


def _undecided(official: Weights) -> ResolvedWeights:
    message = (
        f"a run would use the official weights of {official.model} ({official.size_bytes / 1e6:,.0f} MB) if they can "
        "be downloaded, else synthetic ones"
    )
    return official.replace(kind=WeightsKind.UNDECIDED), (Caveat(code=CaveatCode.WEIGHTS_PLANNED, message=message),)


def _official(attempt: _Attempt, patience: RetryPolicy) -> ResolvedWeights:
    entry = attempt.entry
    if not entry.sha256:
        raise UnavailableError(
            f"the official {entry.name} cannot be verified, so it is not downloaded",
            cause="its SHA-256 has not been published",
            hint=f"--weights PATH  # a file that you downloaded from {entry.url}",
        )
    path = attempt.store.folder / f"ggml-{entry.name}.bin"
    if path.is_file() and file_sha256(path, memory=attempt.store.memory) == entry.sha256:
        return _weights(attempt, WeightsKind.OFFICIAL, path, entry.sha256), ()
    if attempt.store.offline:
        cause = "downloads are switched off"
        hint = f"--weights PATH  # or put the file at {path}"
        raise UnavailableError(f"the official {entry.name} is not in the cache", cause=cause, hint=hint)
    if attempt.request.planned:
        message = f"{entry.name} is not in the cache: {entry.size_bytes / 1e6:,.0f} MB will be downloaded"
        planned = _planned(attempt, WeightsKind.OFFICIAL, path, entry.size_bytes, entry.sha256)
        return planned, (Caveat(code=CaveatCode.WEIGHTS_PLANNED, message=message),)
    fetch(
        DownloadRequest(
            url=mirrored(entry.url, attempt.request.mirror),
            sha256=entry.sha256,
            size_bytes=entry.size_bytes,
            token=attempt.store.token,
        ),
        path,
        attempt.store.environ,
        attempt.store.progress,
        patience,
    )
    remember_sha256(path, entry.sha256, memory=attempt.store.memory)
    return _weights(attempt, WeightsKind.OFFICIAL, path, entry.sha256), ()


def _synthetic(attempt: _Attempt, reason: str) -> ResolvedWeights:
    entry = attempt.entry
    if entry.name not in SHAPES:
        quantised = "the harness writes F16 weights; whisper.cpp itself makes quantised ones from them"
        raise UnavailableError(
            f"there are no synthetic weights for {entry.name}",
            cause=quantised if entry.quantised else "its shape is not known here",
            hint="--weights official  # or --weights PATH",
        )
    caveat = _synthetic_caveat(attempt, reason)
    pinned = entry.synthetic_sha256
    if attempt.request.planned:
        path = attempt.store.folder / file_name(entry.name)
        return _planned(attempt, WeightsKind.SYNTHETIC, path, file_bytes(SHAPES[entry.name]), pinned), (caveat,)
    path, sha256 = obtain_synthetic(
        entry.name,
        folder=attempt.store.folder,
        memory=attempt.store.memory,
        sha256=pinned,
        progress=attempt.store.progress,
    )
    return _weights(attempt, WeightsKind.SYNTHETIC, path, sha256), (caveat,)


def _named(attempt: _Attempt, named: Path) -> ResolvedWeights:
    entry = attempt.entry
    path = named / f"ggml-{entry.name}.bin" if named.is_dir() else named
    if not os.path.lexists(path):
        hint = "--weights auto  # or official, synthetic, a file, or a folder with ggml-<model>.bin files"
        raise UnavailableError(f"there is no file {path}", hint=hint)
    found = inspect_model(path, entry.name)
    sha256 = file_sha256(path, memory=attempt.store.memory)
    published = attempt.store.catalog.by_sha256(sha256)
    if published is not None and published.name != entry.name:
        raise UnavailableError(
            f"{path} is not {entry.name}",
            cause=f"by its SHA-256 it is the official {published.name}",
            hint=f"--model {published.name}",
        )
    if published is not None:
        return _weights(attempt, WeightsKind.OFFICIAL, path, sha256), ()
    if sha256 == entry.synthetic_sha256:
        return _weights(attempt, WeightsKind.SYNTHETIC, path, sha256), (_synthetic_caveat(attempt, "as asked for"),)
    message = (
        f"{entry.name} was timed with the file {path.name}, which is not the official one "
        f"(SHA-256 {sha256[:12]}…, ftype {found.ftype})"
    )
    return _weights(attempt, WeightsKind.FILE, path, sha256), (Caveat(code=CaveatCode.WEIGHTS_FILE, message=message),)


def _summed(attempt: _Attempt, wanted: WeightsSum) -> ResolvedWeights:
    """Return the weights of a model whose sum is one of those wanted, whatever its file is called."""
    entry = attempt.entry
    if wanted.names(entry.sha256):
        return _official(attempt, PATIENT)
    if wanted.names(entry.synthetic_sha256):
        return _synthetic(attempt, "as asked for")
    others: list[UnavailableError] = []  # with several sums, each model has its own
    for path in find_summed(wanted, attempt.store.folder, attempt.store.memory):
        try:
            return _named(attempt, path)
        except UnavailableError as error:
            others.append(error)
    if len(wanted.sums) == 1 and others:
        raise others[0]
    sums = " or ".join(wanted.sums)
    raise UnavailableError(
        f"there is no file of {entry.name} with the SHA-256 sum {sums}",
        cause=f"it is not at {wanted.place}, in the cache, or among the files that were used with it before"
        if wanted.place
        else "it is not in the cache, nor among the files that were used with it before",
        hint=f"--weights {WeightsSum(sums=wanted.sums, place='FOLDER')}, with the folder that holds it",
    )


def _synthetic_caveat(attempt: _Attempt, reason: str) -> Caveat:
    message = (
        f"synthetic weights (F16, seed {SEED}) replace {attempt.entry.name}, {reason}; shapes and sizes are "
        "the official ones, so timings are representative, transcriptions are not"
    )
    return Caveat(code=CaveatCode.WEIGHTS_SYNTHETIC, message=message)


def _weights(attempt: _Attempt, kind: WeightsKind, path: Path, sha256: str) -> Weights:
    return _planned(attempt, kind, path, path.stat().st_size, sha256)


def _planned(attempt: _Attempt, kind: WeightsKind, path: Path, size_bytes: int, sha256: str) -> Weights:
    return Weights(model=attempt.entry.name, kind=kind, path=str(path.absolute()), size_bytes=size_bytes, sha256=sha256)
