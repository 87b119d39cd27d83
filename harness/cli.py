"""The command line: arguments to settings, the one `except HarnessError`, the exit code."""

import argparse
import errno
import io
import os
import signal
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from harness import __version__
from harness.commands.build import build
from harness.commands.models import models
from harness.commands.output import Output
from harness.commands.run import run
from harness.commands.schema import schema
from harness.errors import HarnessError, InterruptedRunError, UnfitError, UnreadableError, UsageError
from harness.plan.layer import Settings, layer_settings
from harness.plan.setting import SETTINGS, Kind, Setting
from harness.system.console import Console

FILE = "harness.toml"
COMMANDS: dict[str, str] = {
    "run": "get the sources, build, test and benchmark them, and write the report",
    "build": "build a source and say where the result is",
    "models": "list the models, or make their weights ready (harness models base small)",
    "schema": "print the JSON Schema of run.json",
}
EPILOG = """every option but --config and --resume is also a key of harness.toml and a variable:
--flash-attn, flash_attn, HARNESS_FLASH_ATTN
(defaults < harness.toml < HARNESS_* < options)

exit codes: 0 ok, 2 usage, 3 environment unfit, 4 sources or weights not to be had, 5 unreadable input,
10 build failed, 11 tests failed, 12 a benchmark failed, 130 interrupted, 1 internal error"""
_DISK_TROUBLES = {
    errno.ENOSPC: ("the disk is full", "free some space, or choose another --cache or --results"),
    errno.EDQUOT: ("the disk quota is used up", "free some space, or choose another --cache or --results"),
    errno.EROFS: ("the folder is read-only", "choose another --cache or --results"),
    errno.ENOTDIR: ("a file is in the way of a folder", "choose another --cache or --results"),
    errno.EACCES: ("permission denied", "choose a folder of your own with --cache or --results"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; failures of the harness are printed, not raised."""
    arguments = _parser().parse_args(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a sign must not lose a result
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(arguments, os.environ)
    except HarnessError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return _complain(InterruptedRunError("interrupted"))
    except OSError as error:
        if error.errno not in _DISK_TROUBLES:
            raise
        what, hint = _DISK_TROUBLES[error.errno]
        return _complain(UnfitError(f"{what}: {error.filename or 'cache or results'}", hint=hint))


def _dispatch(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if arguments.command == "schema":
        return schema(Output(Console(), as_json=False))
    settings = _layer(arguments, environ)
    console = Console(quiet=settings.flag("quiet"), verbose=settings.flag("verbose"))
    output = Output(console, as_json=settings.flag("json"))
    match arguments.command:
        case "run":
            return run(settings, environ, output, resume=arguments.resume)
        case "build":
            return build(settings, environ, output)
        case _:
            return models(settings, environ, output, names=arguments.names)


def _complain(error: HarnessError) -> int:
    sys.stderr.write(f"harness: {error}\n")
    return error.exit_code


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _layer(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    named = arguments.config or environ.get("HARNESS_CONFIG")
    path = Path(named or FILE)
    flags = {setting.name: getattr(arguments, setting.name, None) for setting in SETTINGS}
    return layer_settings(
        file=_read_file(path, required=bool(named)), file_name=str(path), environ=environ, flags=flags
    )


def _read_file(path: Path, *, required: bool) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise UsageError(f"no such file: {path}", hint="leave out --config, or write the file") from None
        return {}
    except OSError as error:
        raise UsageError(f"cannot read {path}", cause=error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path} is not valid TOML", cause=str(error), hint='model = ["tiny", "base"]') from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="A benchmark harness for whisper.cpp / ggml.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
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
        if name == "run":
            text = "go on with an unfinished run (the latest, or the one whose id starts with ID)"
            verb.add_argument("--resume", nargs="?", const="", metavar="ID", help=text)
        if name == "models":
            verb.add_argument("names", nargs="*", metavar="NAME", help="make the weights of these models ready")
    return parser


def _add_setting(verb: argparse.ArgumentParser, setting: Setting) -> None:
    names = [*([setting.short] if setting.short else []), setting.flag]
    if setting.kind is Kind.FLAG:
        verb.add_argument(*names, dest=setting.name, action="store_true", default=None, help=setting.help)
        return
    action = "append" if setting.kind in (Kind.LIST, Kind.DEFINES) else "store"
    verb.add_argument(*names, dest=setting.name, action=action, metavar=setting.metavar, help=setting.help)
