"""What every benchmark prints first: the command, the date, the commit of the harness, the CPU, and how busy it is."""

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from harness.commands.output import refuse_stream
from harness.errors import HarnessError
from harness.records.source import SourceRequest
from harness.system.probe import probe_node
from harness.system.source.resolve import resolve_source
from harness.system.stream import flush_streams, is_lost, secure_streams

ROOT = Path(__file__).resolve().parents[1]


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser that shows a module's docstring as it is."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def perform(main: Callable[[], int | None]) -> NoReturn:
    """Run a benchmark and end with its exit code; one whose reader goes away ends early, and without a word.

    If its output cannot be written, it ends with 3, as the harness does.
    """
    secure_streams()
    code: int | str | None = 0
    try:
        code = main()
    except SystemExit as end:  # of argparse
        code = end.code
    except HarnessError as error:
        code = _complain(error)
    except OSError as error:
        if not is_lost(error):
            raise
    trouble = flush_streams()
    if trouble and not code:
        code = _complain(refuse_stream(trouble))
    sys.exit(code)


def _complain(error: HarnessError) -> int:
    print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
    return error.exit_code


def print_head(words: Sequence[str] | None = None) -> None:
    """Print the head of a benchmark that was called with `words`; those of the command line where there are none."""
    script = Path(sys.argv[0]).resolve()
    name = str(script.relative_to(ROOT)) if script.is_relative_to(ROOT) else script.name
    cpu = probe_node("here", os.environ).cpu
    print(f"# {shlex.join([name, *(sys.argv[1:] if words is None else words)])}")
    print(
        f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {read_commit()}, {cpu.brand} ({cpu.microarchitecture}), "
        f"{cpu.cores.affinity} CPUs, load {os.getloadavg()[0]:.2f}",
        flush=True,
    )


def unpack_release(cache: Path) -> Path:
    """Return the tree of the default release, fetched and unpacked below `cache` where it is not there yet."""
    return Path(resolve_source(SourceRequest(), cache=cache, environ=os.environ, note=lambda _: None).path)


def read_commit() -> str:
    """Return the commit of this checkout, `(changed)` behind it where files differ; `unknown` without git."""
    described = ["git", "-C", str(ROOT), "describe", "--always", "--exclude", "*", "--abbrev=9", "--dirty= (changed)"]
    try:
        done = subprocess.run(described, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
