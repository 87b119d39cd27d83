"""Limits of the system: file sizes, open files, processes, memory; and files that stand in the way."""

import signal

from tests.faults.deed import Environment, Limit, Link, Signalled, Write, tool
from tests.faults.fault import FINE, HONEST, PASSED, Deed, Family, Fault, Seen, refuses
from tests.faults.stage import Stage

# Nobody has to install anything for a limit.
_ASTRAY = ("build-essential", "install git", "pip install")
_HONEST = Seen(codes=(0, 3, 10, 11, 12), mends=True)


def _fault(name: str, where: str, what: str, *deeds: Deed, seen: Seen, **more: object) -> Fault:
    return Fault(family=Family.LIMIT, name=name, where=where, what=what, deeds=deeds, seen=seen).replace(**more)


def _limits() -> list[Fault]:
    found = [
        _fault(
            f"file-size-{size}",
            "every file",
            f"no file may be longer than {size} bytes",
            Limit(name="RLIMIT_FSIZE", value=size),
            seen=_HONEST,
            sample=size == 8000,
        )
        for size in (0, 1, 100, 1000, 4000, 8000, 12_000, 16_000, 20_000, 40_000)
    ]
    found += [
        _fault(
            f"open-files-{count}",
            "every file",
            f"no more than {count} files may be open",
            Limit(name="RLIMIT_NOFILE", value=count),
            seen=_HONEST.replace(says=("ulimit -n",) if count < 9 else (), denies=_ASTRAY),
            sample=count == 7,
        )
        for count in (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 20)
    ]
    found += [
        _fault(
            f"memory-{name[7:].lower()}-{size}",
            "every process",
            f"none may have more than {size} MB of memory",
            Limit(name=name, value=size << 20),
            seen=_HONEST.replace(denies=_ASTRAY),
        )
        for name in ("RLIMIT_AS", "RLIMIT_DATA")
        for size in (30, 40, 60, 100, 200)
    ]
    found += [
        _fault(
            "cpu-time",
            "the harness itself",
            "the signal of a process that has used up its CPU time",
            tool("whisper-bench -m", sleep=300, silent=True),
            Signalled(number=signal.SIGXCPU, word="-nfa"),
            seen=refuses(3, "ulimit -t", "--resume", mends=True),
        ),
        _fault(
            "no-home",
            "every command",
            "no home folder, and no cache that is named",
            Environment(values=(("HOME", ""), ("HARNESS_CACHE", ""), ("XDG_CACHE_HOME", ""))),
            seen=Seen(codes=(0, 3), denies=("Traceback",)),
            words=("list",),
        ),
    ]
    found.append(
        _fault(
            "core-files",
            "every process",
            "no core files",
            Limit(name="RLIMIT_CORE", value=0),
            seen=FINE,
        )
    )
    return found


def _in_the_way() -> list[Fault]:
    """What stands where a file or folder must be."""
    found = []
    for path, what, seen in (
        ("tmp/whisper-harness-node.lock/", "a folder", refuses(3, mends=True)),
        ("results", "a file", refuses(3, "results")),
        ("cache/builds", "a file", HONEST),
        ("cache/cmake", "a file", HONEST),
        ("cache/weights/sums/", "an empty folder", FINE),
        ("cache/durations.json/", "a folder", FINE),
        ("cache/durations.json.tmp/", "a folder", FINE.replace(keeps=("*.tmp",))),
    ):
        if path == "results" or path.startswith("cache/weights"):
            continue
        found.append(
            _fault(
                f"in-the-way-{path.strip('/').replace('/', '-')}",
                path,
                f"{what} stands there",
                Write(path=path),
                seen=seen.replace(status=PASSED),
            )
        )
    for path, target in (
        ("tmp/whisper-harness-node.lock", "@/nowhere/else"),
        ("tmp/whisper-harness-node.lock", "@/tmp/whisper-harness-node.lock"),
        ("cache/builds", "@/nowhere"),
        ("cache/builds", "@/cache/builds"),
        ("cache/cmake", "@/cache/cmake"),
        ("harness.toml", "@/harness.toml"),
    ):
        codes: tuple[int, ...] = (2, 3) if path == "harness.toml" else (0, 3)
        found.append(
            _fault(
                f"link-{path.replace('/', '-')}-{target.replace('/', '-')}",
                path,
                f"a link to {target}",
                Link(path=path, target=target),
                seen=Seen(codes=codes, mends=True, status=PASSED),
            )
        )
    for name, text in (
        ("garbage", "\udcff\udcfe{"),
        ("empty", ""),
        ("list", "[]"),
        ("huge", '{"whisper/fa=0/model=tiny/threads=2": 1e308, "configure_release": 1e308}'),
        ("negative", '{"whisper/fa=0/model=tiny/threads=2": -5}'),
        ("deep", "[" * 100_000),
    ):
        found.append(
            _fault(
                f"durations-{name}",
                "cache/durations.json",
                f"it holds {text[:40]!r}",
                Write(path="cache/durations.json", text=text),
                seen=FINE,
            )
        )
    for name, text in (("garbage", "\udcff"), ("empty", ""), ("other", '{"stamp": 1}'), ("deep", "[" * 100_000)):
        found.append(
            _fault(
                f"sums-{name}",
                "cache/weights/sums",
                f"a known sum is {text[:20]!r}",
                Sums(text=text),
                seen=FINE,
                sample=name == "garbage",
            )
        )
    for name in ("TMPDIR", "HARNESS_CACHE", "HARNESS_RESULTS"):
        for value in ("/proc/nowhere", "/dev/null/x", "/sys/x"):
            if (name, value[:4]) != ("TMPDIR", "/pro"):
                codes = (0,) if name == "TMPDIR" else (3,)
                found.append(
                    _fault(
                        f"{name}-{value.strip('/').replace('/', '-')}",
                        name,
                        f"it is {value}",
                        Environment(values=((name, value),)),
                        seen=Seen(codes=codes, status=PASSED),
                    )
                )
    found.append(
        _fault(
            "untimed-is-another",
            "cache/cmake",
            "the kept CMake file is empty, as a power loss leaves it",
            Emptied(),
            seen=FINE,
        )
    )
    return found


class Sums(Deed):
    """The memory of known sums holds something else."""

    text: str

    def strike(self, stage: Stage) -> None:
        for path in (stage.kit.cache / "weights" / "sums").iterdir():
            path.write_text(self.text, errors="surrogateescape")


class Emptied(Deed):
    """A second run finds the CMake file that it shares with the first one empty."""

    def strike(self, stage: Stage) -> None:
        stage.call(("run", "--no-tests", "--bench", "whisper", "--repetitions", "1"))
        (kept,) = (stage.kit.cache / "cmake").glob("*.cmake")
        content = kept.read_bytes()
        kept.write_bytes(b"")
        stage.checks.append(lambda: "" if kept.read_bytes() == content else f"{kept.name} is still empty")


FAULTS = (*_limits(), *_in_the_way())
