"""The command line: arguments to settings, the one `except HarnessError`, the exit code."""

import argparse
import contextlib
import errno
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from harness import __version__
from harness.cli.argument import EPILOG
from harness.cli.verb import VERBS, Call
from harness.commands.output import Output, refuse_stream
from harness.errors import HarnessError, InterruptedRunError, UnfitError, UsageError
from harness.records.record import is_text
from harness.render.plain import harmless
from harness.settings.layer import Settings, layer_settings
from harness.settings.setting import MEASURE, PREFIX, Kind, Setting
from harness.settings.table import RETIRED, SETTINGS
from harness.system.console import Console
from harness.system.disk import expand_home
from harness.system.limit import CpuTimeError, limit_of
from harness.system.seed import draw_seed
from harness.system.stream import flush_streams, write_through
from harness.system.toml_file import read_toml

FILE = "harness.toml"
DEFAULTS = layer_settings(file={}, file_name="", environ={}, flags={})
_TROUBLES = {
    errno.ENOSPC: ("the disk is full", "free some space, or choose another --cache or --results"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another --cache or --results"),
    errno.EROFS: ("the folder is read-only", "choose another --cache or --results"),
    errno.ENOTDIR: ("a file is in the way of a folder", "choose another --cache or --results"),
    errno.EACCES: ("permission denied", "choose a folder of your own with --cache or --results"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; failures of the harness are printed, not raised."""
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, _interrupt)
        signal.signal(signal.SIGXCPU, _use_up)
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _require_text(sys.argv[1:] if argv is None else argv, os.environ)
        return _dispatch(_parse(argv), os.environ)
    except SystemExit as end:  # after --help, --version, or a word that is not an option
        unprinted = flush_streams()
        if unprinted and not end.code:
            return _complain(refuse_stream(unprinted))
        raise
    except HarnessError as error:
        return _complain(limit_of(error) or error)
    except KeyboardInterrupt as error:
        return _complain(limit_of(error) or InterruptedRunError("interrupted"))
    except (OSError, MemoryError, RuntimeError) as error:  # a thread that cannot be started is a RuntimeError
        trouble = _name_trouble(error)
        if trouble is None:
            raise
        return _complain(trouble)


def _name_trouble(error: Exception) -> HarnessError | None:
    """Return what the system refused, in words; None for a defect of the harness."""
    if (limit := limit_of(error)) or not isinstance(error, OSError):
        return limit
    what, hint = _TROUBLES.get(error.errno or 0, (error.strerror or str(error), ""))
    if error.errno == errno.ENOENT and not _has_folder():
        what, hint = "the current folder was removed", "cd to a folder that is there"
    if str(error.filename).startswith("/proc/"):
        hint = "this system does not tell what it is: is /proc mounted? ls /proc/meminfo"
    return UnfitError(f"{what}: {error.filename}" if error.filename else what, hint=hint)


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False


def _dispatch(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    # A harness.toml that cannot be read is no reason to keep the schema back.
    settings = DEFAULTS if arguments.command == "schema" else _layer(arguments, environ)
    if arguments.command in MEASURE and not settings.flag("dry_run"):
        settings = settings.supply("seed", draw_seed())
    console = Console(quiet=settings.flag("quiet"), verbose=settings.flag("verbose"))
    output = Output(console, as_json=settings.flag("json"))
    return output.settle(VERBS[arguments.command].call(Call(arguments, settings, environ, output)))


def _require_text(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise UsageError for what could not be recorded: run.json is UTF-8."""
    variables = (f"{name}={value}" for name, value in environ.items() if name.startswith(PREFIX))
    for word in (*argv, *variables):
        if not is_text(word):
            hint = "rename the file or folder, or give a link to it with a plain name"
            raise UsageError(f"{harmless(word)!r} holds bytes that are not UTF-8", hint=hint)


def _complain(error: HarnessError) -> int:
    with contextlib.suppress(OSError):  # nobody listens, or it goes to a full disk: the exit code remains
        write_through(sys.stderr, f"harness: {harmless(str(error))}\n")
    return error.exit_code


def _use_up(_signal: int, _frame: FrameType | None) -> None:
    raise CpuTimeError("SIGXCPU")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _layer(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    named = arguments.config or environ.get("HARNESS_CONFIG")
    path = expand_home(named or FILE)
    flags = {setting.name: getattr(arguments, setting.name, None) for setting in SETTINGS}
    return layer_settings(
        file=read_toml(path, required=bool(named)),
        file_name=str(path),
        environ=environ,
        flags=flags,
        expand=os.path.expanduser,
    )


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    # Of a list of words argparse takes those before the first option only.
    for name in (word.removeprefix("--").partition("=")[0] for word in rest):
        if name in RETIRED:
            raise UsageError(f"--{name} is no longer an option", hint=RETIRED[name])
    if rest and ("sides" not in arguments or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        arguments.sides = [*arguments.sides, *rest]
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="A benchmark harness for whisper.cpp / ggml.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, _, add_arguments) in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=summary,
            description=summary.capitalize() + ".",
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        verb.add_argument("--config", metavar="FILE", help=f"settings file (default: ./{FILE})")
        for setting in SETTINGS:
            if name in setting.commands:
                _add_setting(verb, setting)
        add_arguments(verb)
    return parser


def _add_setting(verb: argparse.ArgumentParser, setting: Setting) -> None:
    names = setting.flags
    if setting.kind is Kind.FLAG:
        verb.add_argument(*names, dest=setting.name, action="store_true", default=None, help=setting.help)
        return
    action = "append" if setting.kind in (Kind.LIST, Kind.DEFINES) else "store"
    verb.add_argument(*names, dest=setting.name, action=action, metavar=setting.metavar, help=setting.help)
