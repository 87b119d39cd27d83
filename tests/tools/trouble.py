"""What goes wrong in a fake tool (toolbox.py), as `script.json` wants it:

    {"KEY": {"exit": 3, "print": "...", "signal": 11, "sleep": 60, "silent": true, "times": 1}}

`until` names a file that it waits for, five minutes at most.
`ignore` makes it deaf for signals, `fork` leaves a child behind, in a session of its own where it is "away"; `lose` and
`unmode` remove a file of the build folder or its mode bits, `move` gives a file another name and its own again.
`flood` lets it print without end; `touch` writes another text to a file, and `append` adds to one.
`halt` stops whom it names, `harness`, `child` (itself) or both, for `halt_s` seconds.
`seen` appends where and how it runs to `seen.jsonl`, as soon as it runs on the CPUs `placed`, if there are any.
KEY is the first of these that is there: `whisper-bench base`, `whisper-bench -w 1`, `cmake --build Debug`, `ctest`,
`cmake roof`, `cmake --build roof`, `roof`...
`spare` calls are let through first; `times` counts down; the fault is gone when it has struck that often.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tools.toolbox import put


def meet(home: str, tool: str, keys: list[str], note_call: Callable[[], None], answer: Callable[[], None]) -> int:
    """Answer a call with what goes wrong in it, if anything does; return the exit code."""
    fault = strike(f"{home}/script.json", keys)
    if "ignore" in fault:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Whoever waits for a call and ends it must not meet a fault that is not yet counted.
    note_call()
    if "print" in fault:
        print(fault["print"], flush=True)
    if not fault.get("silent"):
        answer()
        sys.stdout.flush()
    if "seen" in fault:
        note_circumstances(home, tool, fault.get("placed"))
    harm(fault)
    if "sleep" in fault:
        time.sleep(fault["sleep"])
    if "until" in fault:
        deadline = time.monotonic() + 300
        while not Path(fault["until"]).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    if "signal" in fault:
        if fault["signal"] != signal.SIGKILL:  # Python itself is deaf for some
            signal.signal(fault["signal"], signal.SIG_DFL)
        os.kill(os.getpid(), fault["signal"])
    return int(fault.get("exit", 0))


def strike(script: str, keys: list[str]) -> dict[str, Any]:
    faults: dict[str, dict[str, Any]] = json.loads(Path(script).read_text())
    for key in keys:
        fault = faults.get(key)
        if fault is None:
            continue
        if fault.get("spare"):
            fault["spare"] -= 1
            put(script, json.dumps(faults))
            continue
        if "times" in fault:
            left = fault["times"]
            fault["times"] = left - 1
            put(script, json.dumps(faults))
            if left <= 0:
                continue
        return fault
    return {}


def harm(fault: dict[str, Any]) -> None:
    """Do to others what the fault says."""
    while "flood" in fault:
        sys.stdout.write("and on and on\n" * 10_000)
    if "touch" in fault:
        Path(fault["touch"]).write_text("new\n")
    if "append" in fault:
        with Path(fault["append"]).open("a") as file:
            file.write("\n")
    if "halt" in fault:
        halt(fault["halt"].split(), fault["halt_s"])
    if "move" in fault:
        Path(fault["move"]).rename(f"{fault['move']}.away").rename(fault["move"])
    if "lose" in fault:
        Path(fault["lose"]).unlink()
    if "unmode" in fault:
        Path(fault["unmode"]).chmod(0o644)
    if "fork" in fault and os.fork() == 0:
        if fault["fork"] == "away":  # a server, which nobody waits for
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDWR), 1)
            os.dup2(1, 2)
        time.sleep(300)


def halt(whom: list[str], seconds: float) -> None:
    """Stop the harness, this process or both, and let them go on."""
    pids = [{"harness": os.getppid(), "child": os.getpid()}[who] for who in whom]
    helper = os.fork()
    if helper == 0:
        os.setsid()
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for pid in pids:
                os.kill(pid, number)
            time.sleep(seconds if number == signal.SIGSTOP else 0)
        os._exit(0)
    os.waitpid(helper, 0)


def note_circumstances(home: str, tool: str, placed: list[int] | None) -> None:
    """Append where and how this process runs to `seen.jsonl`; it is placed once it has been started."""
    deadline = time.monotonic() + 60
    while placed and sorted(os.sched_getaffinity(0)) != placed and time.monotonic() < deadline:
        time.sleep(0.02)
    seen = {
        "tool": tool,
        "cpus": sorted(os.sched_getaffinity(0)),
        "nice": os.getpriority(os.PRIO_PROCESS, 0),
        "tunables": os.environ.get("GLIBC_TUNABLES", ""),
    }
    with Path(home, "seen.jsonl").open("a") as file:
        file.write(json.dumps(seen) + "\n")
