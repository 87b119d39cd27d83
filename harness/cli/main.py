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

from harness.cli.guess import describe_defect, guess_form, guess_verb
from harness.cli.parser import list_given, make_parser, parse
from harness.cli.verb import VERBS
from harness.commands.output import Output, OutputForm, refuse_stream
from harness.commands.verb import Call, Verb
from harness.errors import HarnessError, InterruptedRunError, UnfitError, UsageError
from harness.records.record import is_text
from harness.render.plain import harmless
from harness.settings.layer import Settings, layer_settings, nearest
from harness.settings.name import FILE, PREFIX
from harness.settings.setting import MEASURE, PRINTING
from harness.settings.table import SETTINGS
from harness.settings.verb_table import choose_table
from harness.system.console import Console
from harness.system.disk import expand_home
from harness.system.limit import CpuTimeError, limit_of
from harness.system.seed import draw_seed
from harness.system.stream import flush_streams, write_through
from harness.system.toml_file import read_toml

DEFAULTS = layer_settings(file={}, file_name="", environ={}, flags={})
_TROUBLES = {
    errno.ENOSPC: ("the disk is full", "harness cache prune --older 30d  # or choose another --cache or --results"),
    errno.EDQUOT: (
        "the disk quota is used up",
        "harness cache prune --older 30d  # or choose another --cache or --results",
    ),
    errno.EROFS: ("the folder is read-only", "--cache DIR  # or --results DIR: another folder"),
    errno.ENOTDIR: ("a file is in the way of a folder", "--cache DIR  # or --results DIR: another folder"),
    errno.EACCES: ("permission denied", "--cache DIR  # or --results DIR: a folder of your own"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; a HarnessError is printed, not raised."""
    words = sys.argv[1:] if argv is None else argv
    # Until the command line is understood: a program that asks for JSON gets an error in it as JSON, too.
    output = Output(Console(), form=guess_form(words, os.environ, VERBS), verb=guess_verb(words, VERBS))
    try:
        _heed_signals()
        _require_text(words, os.environ)
        return _dispatch(parse(words, VERBS, SETTINGS), os.environ, output)
    except SystemExit as end:  # after --help, --version, or a word that is not an option
        unprinted = flush_streams()
        if unprinted and not end.code:
            return _complain(refuse_stream(unprinted))
        raise
    except BaseException as error:
        trouble = _name_trouble(error)
        if trouble is None:
            defect = describe_defect(error)
            output.finish(defect.exit_code, defect)
            raise
        _complain(trouble)
        return output.finish(trouble.exit_code, trouble)


def _heed_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)
    signal.signal(signal.SIGXCPU, _use_up)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _name_trouble(error: BaseException) -> HarnessError | None:
    """Return what people are told in place of an exception; None for a bug in the harness."""
    if isinstance(error, HarnessError):
        return limit_of(error) or error
    if isinstance(error, KeyboardInterrupt):
        return limit_of(error) or InterruptedRunError("interrupted")
    if isinstance(error, OSError | MemoryError | RuntimeError):  # RuntimeError: a thread that cannot be started
        return _name_refusal(error)
    return None


def _name_refusal(error: Exception) -> HarnessError | None:
    """Return an error that says what the system refused; None for a bug in the harness."""
    if (limit := limit_of(error)) or not isinstance(error, OSError):
        return limit
    what, hint = _TROUBLES.get(error.errno or 0, (error.strerror or str(error), ""))
    if error.errno == errno.ENOENT and not _has_folder():
        what, hint = "the current folder was removed", "cd to a folder that exists"
    if str(error.filename).startswith("/proc/"):
        hint = "ls /proc/meminfo  # shows whether /proc is mounted; mount it"
    return UnfitError(f"{what}: {error.filename}" if error.filename else what, hint=hint)


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False


def _dispatch(arguments: argparse.Namespace, environ: Mapping[str, str], output: Output) -> int:
    verb = VERBS[arguments.command]
    settings = _choose_settings(arguments, verb, environ)
    if verb.name in MEASURE and not settings.flag("dry_run"):
        settings = settings.supply("seed", draw_seed())
    console = Console(
        quiet=settings.flag("quiet"),
        verbose=settings.flag("verbose"),
        colourful=not environ.get("NO_COLOR"),
        plain=environ.get("TERM") == "dumb",
    )
    output.console, output.form, output.verb = console, _choose_form(settings, verb), verb.name
    try:
        return output.finish(verb.call(Call(list_given(arguments), settings, environ, output, _complete)))
    finally:
        console.erase()


def _choose_form(settings: Settings, verb: Verb) -> OutputForm:
    """Return the output format; raises UsageError for an unknown one, or if the verb does not have a requested one.

    A format from a file or a variable is meant for the verbs that have it: others print text.
    """
    if not verb.forms:
        return OutputForm.TEXT
    word = settings.text("format")
    if word not in tuple(OutputForm):
        raise UsageError(f"--format: unknown format {word!r}", hint=nearest(word, tuple(OutputForm)))
    form = OutputForm(word)
    if form not in verb.forms:
        if not any(one.name == "format" for one in settings.from_flags):
            return OutputForm.TEXT
        raise UsageError(f"harness {verb.name} cannot print {form}", hint=f"--format {' or '.join(verb.forms)}")
    return form


def _complete(shell: str) -> str:
    from harness.cli.completion import render_script  # needs shtab, and what knows all words

    return render_script(make_parser(VERBS, SETTINGS), VERBS, shell)


def _require_text(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise UsageError for words that cannot be recorded, because run.json is UTF-8."""
    variables = (f"{name}={value}" for name, value in environ.items() if name.startswith(PREFIX))
    for word in (*argv, *variables):
        if not is_text(word):
            hint = "rename the file or folder, or use a link to it with a plain name"
            raise UsageError(f"{harmless(word)!r} contains bytes that are not UTF-8", hint=hint)


def _complain(error: HarnessError) -> int:
    with contextlib.suppress(OSError):  # nobody listens, or it goes to a full disk: the exit code remains
        write_through(sys.stderr, f"harness: {harmless(str(error))}\n")
    return error.exit_code


def _use_up(_signal: int, _frame: FrameType | None) -> None:
    raise CpuTimeError("SIGXCPU")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _choose_settings(arguments: argparse.Namespace, verb: Verb, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a call; a file or a variable that is not valid stops only a verb that needs them."""
    taken = {one.name for one in SETTINGS if verb.name in one.commands}
    if not taken:
        return DEFAULTS
    try:
        return _layer(arguments, environ)
    except HarnessError:
        if arguments.config or not taken <= {*PRINTING}:
            raise
        return layer_settings(file={}, file_name="", environ={}, flags=_list_flags(arguments))


def _layer(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    named = arguments.config or environ.get("HARNESS_CONFIG")
    path = expand_home(named or FILE)
    return layer_settings(
        file=choose_table(read_toml(path, required=bool(named)), arguments.command, str(path)),
        file_name=str(path),
        environ=environ,
        flags=_list_flags(arguments),
        expand=os.path.expanduser,
    )


def _list_flags(arguments: argparse.Namespace) -> dict[str, object]:
    return {setting.name: getattr(arguments, setting.name, None) for setting in SETTINGS}
