"""Mirrors and indexes that are not there, slow, or mean no good."""

from collections.abc import Iterator

from tests.faults.family.archive import Packed
from tests.faults.fault import PASSED, Deed, Family, Fault, Seen
from tests.faults.server import HEAD, Server, drip, flood, hush, redirect_to, say
from tests.faults.stage import SHORT, Stage

TINY_BYTES = 77_691_713
_STATUS = "HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n"
_LENGTH = f"Content-Length: {TINY_BYTES}\r\n\r\n".encode()
_GZIP = b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
ANSWERS = {
    **{
        f"status-{code}": (f"it answers {code}", say(_STATUS.format(code).encode()))
        for code in (400, 401, 403, 404, 407, 408, 410, 416, 418, 429, 451, 500, 502, 503, 504, 599)
    },
    "status-206": ("it answers with a part that nobody asked for", say(_STATUS.format(206).encode())),
    "status-204": ("it answers that there is nothing", say(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "loop": ("it sends to itself", redirect_to("%/again")),
    "to-file": ("it sends to a file of this machine", redirect_to("file:///etc/passwd")),
    "to-nowhere": ("it sends where nobody listens", redirect_to("http://127.0.0.1:9/")),
    "to-nonsense": ("it sends to no address", redirect_to("http://[::/%%%")),
    "login": ("a login page", say(HEAD, b"Content-Length: 20\r\n\r\n", b"<html>log in</html> ")),
    "shorter": ("a shorter file", say(HEAD, b"Content-Length: 5\r\n\r\n", b"short")),
    "endless": ("no length, and another file", say(HEAD, b"\r\n", b"x" * 3000)),
    "cut": ("the length is right, and the connection ends", say(HEAD, _LENGTH, b"x" * 5000)),
    "length-nonsense": ("a length that is no number", say(HEAD, b"Content-Length: many\r\n\r\n")),
    "length-negative": ("a negative length", say(HEAD, b"Content-Length: -1\r\n\r\n")),
    "length-huge": ("a length of 10^30", say(HEAD, b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n")),
    "two-lengths": ("two lengths", say(HEAD, b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n", b"hello")),
    "no-http": ("something that is not HTTP", say(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "garbage": ("bytes at random", say(bytes(range(256)) * 10)),
    "nothing": ("it hangs up", say()),
    "long-header": ("a header of 1 MB", say(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000)),
    "chunks-broken": ("chunks of nonsense", say(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\nhello\r\n")),
    "gzip": ("a content coding that was not asked for", say(HEAD, _GZIP, b"\x1f\x8b\x08\x00")),
    "etag-odd": ("an ETag of odd bytes", say(HEAD, b'ETag: "\xff\xfe"\r\nContent-Length: 4\r\n\r\n', b"xxxx")),
    "hush": ("it says nothing", hush),
    "drip": ("a byte each second", drip(1.0)),
    "trickle": ("five bytes each second", drip(0.2)),
    "flood": ("a page without end", flood),
}


class Mirror(Deed):
    """The mirror of the weights, or the package index, answers like this."""

    answer: str
    index: bool = False

    def strike(self, stage: Stage) -> None:
        server = Server(ANSWERS[self.answer][1])
        stage.menders.append(server.close)
        if self.index:
            Packed(away=True).strike(stage)
            timeout = "0.5" if self.answer == "trickle" else "3"
            stage.environ |= {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": "", "PIP_DEFAULT_TIMEOUT": timeout}
            stage.environ["PIP_INDEX_URL"] = f"{server.address}/simple"
        else:
            stage.environ["HARNESS_WEIGHTS_MIRROR"] = server.address
            stage.environ["HARNESS_WEIGHTS"] = "auto"
        stage.environ["NO_PROXY"] = "127.0.0.1"


class Prepared(Deed):
    """The synthetic weights are in the cache already, and an earlier piece of a download."""

    part: bytes = b""

    def strike(self, stage: Stage) -> None:
        folder = stage.kit.cache / "weights"
        target = folder / stage.kit.weights.name
        target.hardlink_to(stage.kit.weights)
        digest = stage.kit.weights.with_name(f"{stage.kit.weights.name}.sha256")
        (folder / digest.name).write_bytes(digest.read_bytes())
        if self.part:
            (folder / "ggml-tiny.bin.part").write_bytes(self.part)


_RUN = ("run", "--source", "@/whisper.cpp", "--model", "tiny", *SHORT)
_KEEPS = ("*.part", "*.part.etag")


def _mirrors() -> Iterator[Fault]:
    for name, (what, _) in ANSWERS.items():
        yield Fault(
            family=Family.NETWORK,
            name=f"mirror-{name}",
            where="the mirror of the weights",
            what=what,
            deeds=(Prepared(), Mirror(answer=name)),
            seen=Seen(caveat="weights-synthetic", status=PASSED, keeps=_KEEPS),
            words=_RUN,
            sample=name == "loop",
        )
    for name in ("status-404", "login", "cut", "to-file"):
        yield Fault(
            family=Family.NETWORK,
            name=f"official-{name}",
            where="the mirror of the weights",
            what=f"{ANSWERS[name][0]}, and the official ones were asked for",
            deeds=(Prepared(part=b"an earlier piece"), Mirror(answer=name)),
            seen=Seen(
                codes=(4,), says=("cannot be downloaded" if name != "login" else "not the pinned file",), keeps=_KEEPS
            ),
            words=(*_RUN, "--weights", "official"),
        )


def _indexes() -> Iterator[Fault]:
    for name, (what, _) in ANSWERS.items():
        if name == "drip":
            continue  # it takes sixty of pip's time-outs, as the trickle does with a shorter one
        yield Fault(
            family=Family.NETWORK,
            name=f"index-{name}",
            where="the package index",
            what=what,
            deeds=(Mirror(answer=name, index=True),),
            seen=Seen(codes=(4,), says=("cannot be downloaded",)),
            words=("run", *SHORT, "--ref", "v9.9.9", "--model", "tiny", "--weights", "@W"),
            sample=name == "flood",
        )


FAULTS = (*_mirrors(), *_indexes())
