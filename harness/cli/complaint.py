"""Errors of a command line, in the same form as all other errors: what is wrong, and what to try."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import UsageError
from harness.settings.table import RETIRED

_NAMED = 3
_JSON, _FORM = "--json", "--format json"
_OF_ARGUMENT = re.compile(r"argument (?P<names>[^:]+): (?P<what>.*)", re.DOTALL)
_MISSING = re.compile(r"the following arguments are required: (?P<names>.*)")
_NOT_BOTH = re.compile(r"not allowed with argument (?P<other>\S+)")


def explain_error(message: str, prog: str) -> UsageError:
    """Return argparse's complaint as an error of the harness; `prog` is the command, such as `harness run`."""
    help_hint = f"{prog} --help"
    if missing := _MISSING.fullmatch(message):
        return UsageError(f"{missing['names']} is missing", hint=help_hint)
    found = _OF_ARGUMENT.fullmatch(message)
    if not found:
        return UsageError(message, hint=help_hint)
    name, what = found["names"].split("/")[-1], found["what"]
    if both := _NOT_BOTH.fullmatch(what):
        return UsageError(
            f"{name} and {both['other'].split('/')[-1]} cannot be used together", hint=f"leave out {name}"
        )
    if what.startswith("expected"):
        return UsageError(f"{name} needs a value", hint=help_hint)
    if what.startswith("ignored explicit argument"):
        return UsageError(f"{name} takes no value", hint=f"write {name} alone")
    return UsageError(f"{name}: {what}", hint=help_hint)


def refuse_verb(argv: Sequence[str], verbs: Iterable[str]) -> UsageError:
    """Return the error for a command line whose first word is not a verb."""
    word, verbs = argv[0], list(verbs)
    if word.startswith("-"):
        verb = next((one for one in argv if one in verbs), "COMMAND")
        return UsageError(f"{word} comes before the command", hint=f"harness {verb} {word}")
    known = {**{name: name for name in verbs}, "runs": "list", "roof": "roofline"}
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    names = list(dict.fromkeys(known[one] for one in close))
    hint = f"did you mean {' or '.join(f'harness {name}' for name in names)}?" if names else "harness --help"
    return UsageError(f"unknown command {word!r}", hint=hint)


def refuse_choice(name: str, word: str, known: Sequence[str], verb: str) -> UsageError:
    """Return the error for a word that is not among the choices of an argument of a verb."""
    what = f"{word!r} is not one of {', '.join(known)}" if len(known) > 1 else f"expected {known[0]}, not {word!r}"
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if name.startswith("-"):
        example = f"{name} {known[0]}"
        return UsageError(f"{name}: {what}", hint=f"did you mean {' or '.join(close)}?" if close else example)
    commands = [f"harness {verb} {one}" for one in close or known[:1]]
    return UsageError(what, hint=f"did you mean {' or '.join(commands)}?" if close else commands[0])


def refuse_rest(
    rest: Sequence[str], prog: str, options: Mapping[str, bool], others: Mapping[str, Mapping[str, bool]]
) -> UsageError:
    """Return the error for words that no argument takes.

    `options` are the options of this verb, and whether each takes a value; `others` are those of all other verbs.
    """
    word, help_hint = next((one for one in rest if one.startswith("-")), None), f"{prog} --help"
    if word is None:
        return UsageError(f"unexpected argument {rest[0]!r}", hint=help_hint)
    option = word.partition("=")[0]
    what = f"unknown option {option}"
    if option == _JSON:  # retired as a setting alone
        return UsageError(f"{option} is not an option of {prog}", hint=_FORM if "--format" in options else help_hint)
    if retired := RETIRED.get(option.lstrip("-").replace("-", "_")):
        return UsageError(f"{option} is no longer an option", hint=retired)
    close = difflib.get_close_matches(option, options, n=3, cutoff=0.6)
    if close:
        return UsageError(what, hint=f"did you mean {' or '.join(close)}?")
    takers = [f"harness {name}" for name, theirs in others.items() if option in theirs]
    if takers:
        hint = f"only {', '.join(takers[:_NAMED])}{' and others' if len(takers) > _NAMED else ''} have it"
        return UsageError(f"{option} is not an option of {prog}", hint=hint)
    return UsageError(what, hint=help_hint)
