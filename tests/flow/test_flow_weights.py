"""From the name of a model to a verified file, against a server on the loopback and a cache in a scratch folder."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from harness.errors import UnavailableError, UnfitError, UnreadableError, UsageError
from harness.parse.pin import Catalog, CatalogEntry, ModelKind
from harness.records.caveat import Caveat
from harness.records.weights import Shape, Weights, WeightsKind
from harness.settings.request import WeightsRequest
from harness.system import disk, weights
from harness.system.download.fetch import RetryPolicy, WrongSumError
from harness.system.synthetic import obtain_synthetic, synthetic_size_bytes
from harness.system.weights import WeightsStore, load_catalog, resolve_weights
from harness.whisper.synthesis import file_name, synthesize
from harness.whisper.tensor_layout import SHAPES

# A whisper of one layer, so that a whole file takes 1.6 MB.
TOY = Shape(
    n_vocab=51865,
    n_audio_ctx=1500,
    n_audio_state=8,
    n_audio_head=2,
    n_audio_layer=1,
    n_text_ctx=448,
    n_text_state=8,
    n_text_head=2,
    n_text_layer=1,
    n_mels=80,
)
OFFICIAL = b"what everybody downloads" * 1000
OTHER = b"what another model is" * 1000


def entry(name: str, content: bytes, synthetic_sha256: str = "") -> CatalogEntry:
    return CatalogEntry(
        name=name,
        kind=ModelKind.WHISPER,
        file=f"ggml-{name}.bin",
        url=f"https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-{name}.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        sources=2,
        synthetic_sha256=synthetic_sha256,
    )


class Server(ThreadingHTTPServer):
    """Serves `content` for every path, and counts."""

    content = OFFICIAL
    asked = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        pass


class Desk:
    """Asks for weights from one cache, one catalogue and one mirror."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.cache = folder / "cache"
        self.server = server
        synthetic = hashlib.sha256(b"".join(synthesize("tiny"))).hexdigest()
        models = (entry("tiny", OFFICIAL, synthetic), entry("base", OTHER), entry("tiny-q5_1", b"quantised"))
        self.catalog = Catalog(model=models)

    @property
    def synthetic(self) -> Path:
        return self.cache / "weights" / file_name("tiny")

    def ask(
        self, choice: str, model: str = "tiny", *, offline: bool = False, dry_run: bool = False
    ) -> tuple[Weights, tuple[Caveat, ...]]:
        environ = {"HF_HUB_OFFLINE": "1"} if offline else {}
        store = WeightsStore(cache=self.cache, environ=environ, catalog=self.catalog)
        return resolve_weights(model, WeightsRequest(choice=choice, mirror=self.server.address, planned=dry_run), store)

    def unpin(self) -> None:
        """Forget what the synthetic weights must come out as."""
        self.catalog = Catalog(model=(entry("tiny", OFFICIAL),))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(SHAPES, "tiny", TOY)
    monkeypatch.setattr(weights, "QUICK", RetryPolicy(connect_s=5, read_s=10, attempts=2, backoff_s=0.01))
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Desk(tmp_path, server)
        server.shutdown()
        thread.join()


def codes(caveats: tuple[Caveat, ...]) -> list[str]:
    return [caveat.code for caveat in caveats]


@pytest.mark.parametrize("choice", ["auto", "official"])
def test_official_weights_are_downloaded_once(desk: Desk, choice: str) -> None:
    first, caveats = desk.ask(choice)
    assert Path(first.path).read_bytes() == OFFICIAL
    assert (first.kind, first.size_bytes, caveats) == (WeightsKind.OFFICIAL, len(OFFICIAL), ())
    assert first.sha256 == hashlib.sha256(OFFICIAL).hexdigest()
    assert desk.ask(choice) == (first, ())
    assert desk.server.asked == 1


@pytest.mark.parametrize("damaged", [OFFICIAL[:-1], OFFICIAL[:-1] + b"x"])
def test_official_weights_that_changed_are_fetched_again(desk: Desk, damaged: bytes) -> None:
    path = Path(desk.ask("official")[0].path)
    before = path.stat()
    path.write_bytes(damaged)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a restored backup would look
    desk.ask("official")
    assert path.read_bytes() == OFFICIAL
    assert desk.server.asked == 2


def test_auto_falls_back_to_synthetic_weights_and_says_why(desk: Desk) -> None:
    desk.server.content = b"<html>log in first</html>"
    found, caveats = desk.ask("auto")
    assert (found.kind, found.path) == (WeightsKind.SYNTHETIC, str(desk.synthetic))
    assert codes(caveats) == ["weights-synthetic"]
    assert "are pinned" in caveats[0].message


def test_auto_falls_back_without_any_server(desk: Desk) -> None:
    desk.server.server_close()
    found, caveats = desk.ask("auto")
    assert found.kind is WeightsKind.SYNTHETIC
    assert "refused" in caveats[0].message


def test_auto_does_not_pass_over_forged_weights(desk: Desk) -> None:
    desk.server.content = OFFICIAL[:-1] + b"x"
    with pytest.raises(WrongSumError):
        desk.ask("auto")
    assert not desk.synthetic.exists()


def test_offline_asks_nobody(desk: Desk) -> None:
    found, caveats = desk.ask("auto", offline=True)
    assert found.kind is WeightsKind.SYNTHETIC
    assert "switched off" in caveats[0].message
    with pytest.raises(UnavailableError) as caught:
        desk.ask("official", offline=True)
    assert caught.value.exit_code == 4
    assert desk.server.asked == 0


def test_quantised_weights_are_never_synthetic(desk: Desk) -> None:
    with pytest.raises(UnavailableError, match="no synthetic weights for tiny-q5_1"):
        desk.ask("synthetic", "tiny-q5_1")
    with pytest.raises(UnavailableError):
        desk.ask("auto", "tiny-q5_1", offline=True)


def test_weights_without_a_published_sum_are_not_downloaded(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be verified"):
        resolve_weights("small.en-tdrz", WeightsRequest(choice="official"), WeightsStore(cache=tmp_path, environ={}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["for-tests-ggml-base", "silero-v5.1.2", "nonsense"])
def test_what_cannot_be_timed_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        resolve_weights(name, WeightsRequest(), WeightsStore(cache=tmp_path, environ={}))


@pytest.mark.parametrize("pinned", [True, False])
def test_synthetic_weights_are_written_once(desk: Desk, pinned: bool) -> None:  # noqa: FBT001
    if not pinned:
        desk.unpin()
    found, caveats = desk.ask("synthetic")
    assert codes(caveats) == ["weights-synthetic"]
    path = Path(found.path)
    assert path.read_bytes() == b"".join(synthesize("tiny"))
    assert found.size_bytes == path.stat().st_size == synthetic_size_bytes("tiny")
    before = path.stat()
    assert desk.ask("synthetic") == (found, caveats)
    assert path.stat().st_ino == before.st_ino
    assert desk.server.asked == 0


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("keep", [0, 1000, -1])
def test_harmed_synthetic_weights_are_written_anew(desk: Desk, pinned: bool, keep: int) -> None:  # noqa: FBT001
    if not pinned:
        desk.unpin()
    path = Path(desk.ask("synthetic")[0].path)
    content = path.read_bytes()
    path.write_bytes(content[:keep] + b"x" * (keep == -1))
    desk.ask("synthetic")
    assert path.read_bytes() == content


def test_a_full_disk_is_noticed_before_writing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)
    with pytest.raises(UnfitError, match="not enough space"):
        desk.ask("synthetic")
    assert not desk.synthetic.exists()


def test_a_dry_run_leaves_no_trace(desk: Desk) -> None:
    undecided, caveats = desk.ask("auto", dry_run=True)
    assert (undecided.kind, codes(caveats)) == (WeightsKind.UNDECIDED, ["weights-planned"])
    assert "if they can be downloaded, else synthetic ones" in caveats[0].message
    assert desk.ask("auto", dry_run=True, offline=True)[0].kind is WeightsKind.SYNTHETIC
    official, caveats = desk.ask("official", dry_run=True)
    assert (official.kind, codes(caveats)) == (WeightsKind.OFFICIAL, ["weights-planned"])
    synthetic, _ = desk.ask("synthetic", dry_run=True)
    assert (desk.server.asked, desk.cache.exists()) == (0, False)
    assert desk.ask("synthetic")[0] == synthetic
    assert desk.ask("official")[0] == official
    assert desk.ask("auto", dry_run=True)[0] == official, "it is there now"


def test_a_named_file_is_taken_with_a_caveat(desk: Desk, tmp_path: Path) -> None:
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"".join(synthesize("tiny", 7)))
    found, caveats = desk.ask(str(mine))
    assert (found.kind, found.path) == (WeightsKind.FILE, str(mine))
    assert codes(caveats) == ["weights-file"]
    assert found.sha256[:12] in caveats[0].message
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("mine")] == ["mine.bin"]


def test_a_named_file_may_lie_in_a_named_folder(desk: Desk, tmp_path: Path) -> None:
    desk.ask("synthetic")
    shutil.copy(desk.synthetic, tmp_path / "ggml-tiny.bin")
    found, caveats = desk.ask(str(tmp_path))
    assert (found.kind, codes(caveats)) == (WeightsKind.SYNTHETIC, ["weights-synthetic"])
    with pytest.raises(UnavailableError, match=r"ggml-base\.bin"):
        desk.ask(str(tmp_path), "base")


def test_a_file_is_found_by_its_sum_wherever_it_was_used_or_is_said_to_be(desk: Desk, tmp_path: Path) -> None:
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"".join(synthesize("tiny", 2)))
    sha256 = hashlib.sha256(mine.read_bytes()).hexdigest()
    with pytest.raises(UnavailableError, match=f"no file of tiny with the SHA-256 sum {sha256}") as caught:
        desk.ask(f"sha256:{sha256}")
    assert caught.value.hint.startswith(f"--weights sha256:{sha256}@FOLDER")
    found, caveats = desk.ask(f"sha256:{sha256[:16]}@{tmp_path}")
    assert (found.path, found.sha256, codes(caveats)) == (str(mine), sha256, ["weights-file"])
    again, _ = desk.ask(f"sha256:{sha256[:16]}")  # it was used once
    assert again == found
    mine.write_bytes(mine.read_bytes() + b"x")
    with pytest.raises(UnavailableError, match="no file of tiny"):
        desk.ask(f"sha256:{sha256[:16]}")
    official, _ = desk.ask(f"sha256:{hashlib.sha256(OFFICIAL).hexdigest()}+{sha256}")
    assert official.kind is WeightsKind.OFFICIAL


def test_a_named_file_with_a_pinned_sum_is_official(desk: Desk) -> None:
    desk.ask("synthetic")
    content = desk.synthetic.read_bytes()
    desk.catalog = Catalog(model=(entry("tiny", content),))
    found, caveats = desk.ask(str(desk.synthetic))
    assert (found.kind, caveats) == (WeightsKind.OFFICIAL, ())


def test_the_official_file_of_another_name_is_not_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask("synthetic")
    monkeypatch.setitem(SHAPES, "base", TOY)
    desk.catalog = Catalog(model=(entry("tiny", desk.synthetic.read_bytes()), entry("base", OTHER)))
    with pytest.raises(UnavailableError) as caught:
        desk.ask(str(desk.synthetic), "base")
    assert "official tiny" in caught.value.cause


def test_a_model_of_another_size_is_not_taken(desk: Desk) -> None:
    desk.ask("synthetic")
    with pytest.raises(UnavailableError) as caught:
        desk.ask(str(desk.synthetic), "base")
    assert "n_audio_state is 8 instead of 512" in caught.value.cause


def test_a_header_without_tensors_is_not_taken(desk: Desk, tmp_path: Path) -> None:
    desk.ask("synthetic")
    content = desk.synthetic.read_bytes()
    first = content.index(b"encoder.positional_embedding") - 20
    (tmp_path / "empty.bin").write_bytes(content[:first])
    with pytest.raises(UnavailableError, match="holds no tensors"):
        desk.ask(str(tmp_path / "empty.bin"))


def test_damaged_files_are_unreadable(desk: Desk, tmp_path: Path) -> None:
    desk.ask("synthetic")
    content = desk.synthetic.read_bytes()
    last = content.index(b"decoder.ln.bias") - 16
    path = tmp_path / "damaged.bin"
    for damaged in (b"", b"no model at all", content[:-1], content[:last], content.replace(b"query", b"qwery")):
        path.write_bytes(damaged)
        with pytest.raises(UnreadableError) as caught:
            desk.ask(str(path))
        assert caught.value.exit_code == 5
        assert str(path) in caught.value.what


def test_a_file_that_is_not_there_is_said(desk: Desk) -> None:
    with pytest.raises(UnavailableError, match="there is no file"):
        desk.ask("/nowhere/ggml-tiny.bin")


def test_the_whole_of_tiny_is_what_is_pinned(tmp_path: Path) -> None:
    pinned = load_catalog().entry("tiny").synthetic_sha256
    path, sha256 = obtain_synthetic("tiny", folder=tmp_path, memory=tmp_path / "sums")
    assert sha256 == pinned
    assert path.stat().st_size == load_catalog().entry("tiny").size_bytes


def test_catalogue_survives_a_round_trip() -> None:
    catalog = load_catalog()
    assert msgspec.json.decode(msgspec.json.encode(catalog), type=Catalog) == catalog
