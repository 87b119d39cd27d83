"""Interrupts: once, twice, at random instants, and from the very first one on."""

import signal
from collections.abc import Iterator

from tests.faults.deed import Signalled, tool
from tests.faults.family.kill import Chain
from tests.faults.fault import Deed, Family, Fault, Seen

_WORDS = {"configure": "-G", "build": "--build", "help": "-h", "benchmark": "-nfa"}
_KEYS = {"configure": "cmake Release", "build": "cmake --build Release", "help": "whisper-bench -h"}


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, sample: bool = False) -> Fault:
    return Fault(family=Family.SIGNAL, name=name, where=where, what=what, deeds=deeds, seen=seen, sample=sample)


def _steps() -> Iterator[Fault]:
    for step, word in _WORDS.items():
        hang = tool(_KEYS.get(step, "whisper-bench -m"), sleep=300, silent=True)
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            number = int(getattr(signal, name))
            yield _fault(
                f"{name}-{step}",
                step,
                f"{name}, once",
                hang,
                Signalled(number=number, word=word),
                seen=Seen(codes=(130,), says=("--resume",), mends=True),
                sample=(name, step) == ("SIGTERM", "build"),
            )
        yield _fault(
            f"twice-{step}",
            step,
            "SIGINT, and again half a second later, while it is deaf for the first",
            tool(_KEYS.get(step, "whisper-bench -m"), sleep=300, silent=True, ignore=True),
            Signalled(number=signal.SIGINT, word=word, again_s=0.5),
            seen=Seen(codes=(130,), mends=True),
        )


def _early() -> Iterator[Fault]:
    for number in range(1, 13):
        yield _fault(
            f"early-{number}",
            "the start of the harness",
            f"SIGINT {30 * number} ms after its start",
            Signalled(number=signal.SIGINT, after_s=0.03 * number),
            seen=Seen(codes=(130, -2, 0), mends=True),
            sample=number == 5,
        )


def _at_random() -> Iterator[Fault]:
    for seed in range(8):
        number = (signal.SIGINT, signal.SIGTERM)[seed % 2]
        yield Fault(
            family=Family.SIGNAL,
            name=f"at-random-{seed}",
            where="anywhere",
            what=f"{number.name} at four random instants of one run",
            deeds=(Chain(seed=1000 + seed, kills=4, number=number),),
            seen=Seen(),
            words=(),
        )


FAULTS = (*_steps(), *_early(), *_at_random())
