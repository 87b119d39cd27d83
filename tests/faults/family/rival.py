"""Two harnesses at once, and locks that somebody holds or has left behind."""

from tests.faults.deed import Also, Link, Rival, Write
from tests.faults.fault import FINE, PASSED, Deed, Family, Fault, Seen
from tests.faults.stage import SHORT

_LOCK = "tmp/whisper-harness-node.lock"
_NO_WAIT = ("run", *SHORT, "--no-wait")


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, **more: object) -> Fault:
    return Fault(family=Family.RIVAL, name=name, where=where, what=what, deeds=deeds, seen=seen).replace(**more)


FAULTS = (
    _fault("two-share-all", "a node", "two runs start at once", Also(), seen=FINE, sample=True),
    _fault(
        "two-with-their-own-tmp",
        "a results folder",
        "two runs start in one second, and each has a TMPDIR of its own",
        Also(values=(("TMPDIR", "@/tmp2"), ("HARNESS_CACHE", "@/cache2"))),
        seen=FINE,
    ),
    *(
        _fault(
            f"two-with-their-own-tmp-and-one-cache-{number}",
            "a cache",
            "two runs start in one second, with one cache, and each has a TMPDIR of its own",
            Also(values=(("TMPDIR", "@/tmp2"),)),
            seen=FINE,
        )
        for number in (1, 2, 3)
    ),
    _fault(
        "held",
        "the node's lock",
        "another holds it, and nobody waits",
        Rival(path=_LOCK, seconds=60),
        seen=Seen(codes=(3,), says=("in progress",), mends=True),
        words=_NO_WAIT,
    ),
    _fault(
        "held-a-moment", "the node's lock", "another holds it for two seconds", Rival(path=_LOCK, seconds=2), seen=FINE
    ),
    _fault(
        "stale", "the node's lock", "one who held it has died", Rival(path=_LOCK, seconds=0), seen=FINE, words=_NO_WAIT
    ),
    _fault(
        "garbage",
        "the node's lock",
        "its file holds nonsense",
        Write(path=_LOCK, text="pid 1 host x"),
        seen=FINE,
        words=_NO_WAIT,
    ),
    _fault(
        "without-mode",
        "the node's lock",
        "its file has no mode bits",
        Write(path=_LOCK, mode=0),
        seen=FINE.replace(codes=(0, 3)),
        words=_NO_WAIT,
    ),
    _fault(
        "folder",
        "the node's lock",
        "a folder stands there",
        Write(path=f"{_LOCK}/"),
        seen=Seen(codes=(3,), status=PASSED, mends=True),
    ),
    _fault(
        "link-loop",
        "the node's lock",
        "a link to itself",
        Link(path=_LOCK, target=f"@/{_LOCK}"),
        seen=Seen(codes=(3,), status=PASSED, mends=True),
    ),
    _fault(
        "stale-download",
        "the lock of a download",
        "one who held it has died",
        Rival(path="cache/weights/ggml-tiny.bin.lock", seconds=0),
        seen=FINE,
    ),
)
