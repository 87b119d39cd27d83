"""The parser of the command line, made from the verbs and the settings; bad input raises UsageError."""

import argparse
import os
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from harness import __version__
from harness.cli.complaint import explain_error, refuse_choice, refuse_rest, refuse_verb
from harness.cli.help import HEADINGS, WIDTH, render_end, render_overview, render_usage
from harness.commands.output import OutputForm
from harness.commands.verb import Argument, ArgumentKind, Verb
from harness.errors import UsageError
from harness.records.title import TITLES
from harness.settings.name import FILE
from harness.settings.setting import Setting, SettingKind

_GIVEN = "given:"
_MANY = {ArgumentKind.ANY: "*", ArgumentKind.SOME: "+", ArgumentKind.MAYBE: "?"}


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """A help formatter of fixed width that shows the value of an option only after its last name."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=WIDTH)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, (action.dest or "").upper())
        return f"{', '.join(action.option_strings)} {value}"


class HarnessParser(argparse.ArgumentParser):
    """An argument parser that raises errors of the harness."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError in place of argparse's own error."""
        raise explain_error(message, self.prog)


class _Overview(HarnessParser):
    """The parser of the first word; its help lists all verbs."""

    def format_help(self) -> str:
        """Return the verbs in groups."""
        formatter = self._get_formatter()
        formatter.start_section("options")
        formatter.add_arguments(self._optionals._group_actions)
        formatter.end_section()
        return render_overview(TITLES.values(), formatter.format_help().rstrip())


def parse(argv: Sequence[str], verbs: Mapping[str, Verb], settings: Iterable[Setting]) -> argparse.Namespace:
    """Return the parsed arguments; raises UsageError for bad ones, SystemExit after --help and --version.

    Without any arguments, the help is printed.
    """
    argv = argv or ["--help"]
    if argv[0] not in ("-h", "--help", "--version", *verbs):
        raise refuse_verb(argv, verbs)
    mine = {argv[0]: verbs[argv[0]]} if argv[0] in verbs else {}  # all others would be imported for nothing
    arguments, rest = make_parser(mine, settings).parse_known_args(argv)
    if rest and not _add_rest(arguments, rest, verbs[arguments.command]):
        options = {name: _list_options(one) for name, one in _list_parsers(make_parser(verbs, settings)).items()}
        raise refuse_rest(rest, f"harness {arguments.command}", options.pop(arguments.command), options)
    return arguments


def _add_rest(arguments: argparse.Namespace, rest: Sequence[str], verb: Verb) -> bool:
    """Return whether a verb takes the words after its options: argparse only takes those before the first option."""
    more = next((one for one in verb.arguments if not one.name.startswith("-")), None)
    if more is None or (not more.dashes and any(word.startswith("-") for word in rest)):
        return False
    key, words = _GIVEN + more.key, list(map(_choose_type(more, verb.name), rest))
    known = getattr(arguments, key)
    if more.takes in (ArgumentKind.ANY, ArgumentKind.SOME):
        setattr(arguments, key, [*(known or []), *words])
        return True
    if known or len(words) > 1:
        return False
    setattr(arguments, key, words[0])
    return True


def list_given(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the arguments that are not settings, by name."""
    return {key.removeprefix(_GIVEN): value for key, value in vars(arguments).items() if key.startswith(_GIVEN)}


def make_parser(verbs: Mapping[str, Verb], settings: Iterable[Setting]) -> argparse.ArgumentParser:
    """Return the parser of these verbs, and of the options that need none."""
    parser = _Overview(prog="harness", formatter_class=_Formatter, allow_abbrev=False)
    parser.add_argument(
        "--version", action="version", version=f"harness {__version__}", help="show the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=HarnessParser)
    settings = tuple(settings)
    for name, verb in verbs.items():
        taken = [setting for setting in settings if name in setting.commands]
        one = commands.add_parser(
            name,
            help=verb.summary,
            usage=render_usage(verb),
            description=textwrap.fill(f"{verb.summary[0].upper()}{verb.summary[1:]}.", WIDTH),
            epilog=render_end(verb, taken),
            formatter_class=_Formatter,
            allow_abbrev=False,
            add_help=False,
        )
        _add_verb(one, verb, taken)
    return parser


def _add_verb(parser: argparse.ArgumentParser, verb: Verb, settings: Sequence[Setting]) -> None:
    """Add the arguments and settings of a verb, the most used settings first."""
    by_name = {setting.name: setting for setting in settings}
    first = [by_name[name] for name in verb.first]
    chosen = parser.add_argument_group("most used" if first else "arguments and options")
    alternatives: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for argument in verb.arguments:
        group: argparse._ActionsContainer = chosen
        if argument.instead:
            known = alternatives.get(argument.instead)
            group = alternatives[argument.instead] = known or chosen.add_mutually_exclusive_group()
        _add_argument(group, argument, verb.name)
    for setting in first:
        _add_setting(chosen, setting, verb)
    for heading, members in HEADINGS.items():
        mine = [setting for setting in members if setting.name in by_name and setting not in first]
        if mine:
            group = parser.add_argument_group(heading)
            for setting in mine:
                _add_setting(group, setting, verb)
    group = parser.add_argument_group("settings file and help" if settings else "help")
    if settings:  # a verb without settings reads no file of them
        group.add_argument("--config", metavar="FILE", help=f"settings file (default: ./{FILE})")
    group.add_argument("-h", "--help", action="help", help="show this help and exit")


def _add_argument(group: argparse._ActionsContainer, argument: Argument, verb: str) -> None:
    text = argparse.SUPPRESS if argument.hidden else argument.help.replace("%", "%%")
    dest, options = _GIVEN + argument.key, [word for word in (argument.short, argument.name) if word.startswith("-")]
    if argument.takes is ArgumentKind.SWITCH:
        opposite = f"--no-{argument.name.removeprefix('--')}"
        _add_switch(group, _Switch(options, opposite, dest, text, on=argument.on, otherwise=argument.on))
        return
    metavar, convert = argument.metavar or None, _choose_type(argument, verb)
    nargs, default = _MANY.get(argument.takes), argument.default or None
    if not options:
        group.add_argument(dest, nargs=nargs or "?", metavar=metavar, default=default, type=convert, help=text)
    elif argument.takes is ArgumentKind.MAYBE:
        group.add_argument(*options, dest=dest, nargs="?", const="", metavar=metavar, type=convert, help=text)
    elif argument.takes is ArgumentKind.MANY:
        group.add_argument(*options, dest=dest, action="append", metavar=metavar, type=convert, help=text)
    else:
        group.add_argument(*options, dest=dest, nargs=nargs, metavar=metavar, default=default, type=convert, help=text)


def _add_setting(group: argparse._ActionsContainer, setting: Setting, verb: Verb) -> None:
    if setting.kind is SettingKind.FLAG:
        options = list(setting.flags)
        _add_switch(group, _Switch(options, setting.opposite, setting.name, setting.help, on=bool(setting.default)))
        return
    if setting.name == "format":
        metavar, text = "|".join(verb.forms), f"{setting.help} (default: {setting.default})"
        group.add_argument(setting.flag, dest=setting.name, metavar=metavar, help=text)
        text = "short for --format json"
        group.add_argument("--json", dest=setting.name, action="store_const", const=OutputForm.JSON.value, help=text)
        return
    action = "append" if setting.kind in (SettingKind.LIST, SettingKind.DEFINES) else "store"
    group.add_argument(
        *setting.flags, dest=setting.name, action=action, metavar=setting.metavar, help=setting.help, default=None
    )


class _Switch(NamedTuple):
    """A switch as both of its options; it is `on` by default, and `otherwise` is its value if neither is given."""

    options: Sequence[str]
    opposite: str
    dest: str
    text: str
    on: bool
    otherwise: bool | None = None


def _add_switch(group: argparse._ActionsContainer, switch: _Switch) -> None:
    """Add both options of a switch; the help shows the one that changes the default."""
    shown, hidden = ([switch.opposite], switch.options) if switch.on else (switch.options, [switch.opposite])
    for words, value, text in ((shown, not switch.on, switch.text), (hidden, switch.on, argparse.SUPPRESS)):
        group.add_argument(
            *words, dest=switch.dest, action="store_const", const=value, default=switch.otherwise, help=text
        )


def _choose_type(argument: Argument, verb: str) -> Callable[[str], object]:
    """Return the function that converts a word to a value, and raises UsageError for a bad word."""
    name = argument.name if argument.name.startswith("-") else argument.metavar

    def convert(word: str) -> object:
        if argument.takes is ArgumentKind.NUMBER:
            number = int(word) if word.isdecimal() else 0
            if not number:
                raise UsageError(f"{name}: expected a whole number above 0, not {word!r}", hint=f"{name} 10")
            return number
        if argument.choices and word not in argument.choices:
            raise refuse_choice(name, word, argument.choices, verb)
        # The shell leaves `--output=~/x` as it is; an empty word is not a path.
        return ",".join(map(os.path.expanduser, word.split(","))) if argument.path else word

    return convert


def _list_parsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    action = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


def _list_options(parser: argparse.ArgumentParser) -> dict[str, bool]:
    """Return the options of a verb, and whether each takes a value."""
    return {word: action.nargs != 0 for action in parser._actions for word in action.option_strings}
