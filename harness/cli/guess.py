"""What a command line asks for, as far as that can be said before it is understood; and what to say of a defect."""

from collections.abc import Container, Mapping, Sequence

from harness.commands.output import OutputForm
from harness.commands.verb import Verb
from harness.errors import HarnessError, UnfitError
from harness.settings.name import PREFIX

_JSON, _FORMAT = "--json", "--format"
_VARIABLE = f"{PREFIX}FORMAT"


def guess_verb(words: Sequence[str], verbs: Container[str]) -> str:
    """Return the first word that is a verb; empty if there is none."""
    return next((word for word in words if word in verbs), "")


def guess_form(words: Sequence[str], environ: Mapping[str, str], verbs: Mapping[str, Verb]) -> OutputForm:
    """Return JSON if the command line, or else the environment, asks for it and the verb may have it; else text."""
    verb = guess_verb(words, verbs)
    if verb and OutputForm.JSON not in verbs[verb].forms:
        return OutputForm.TEXT
    asked = environ.get(_VARIABLE, "")
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == _JSON:
            asked = OutputForm.JSON
        elif word == _FORMAT:
            asked = following
        elif word.startswith(f"{_FORMAT}="):
            asked = word.partition("=")[2]
    return OutputForm.JSON if asked == OutputForm.JSON else OutputForm.TEXT


def describe_defect(error: BaseException) -> HarnessError:
    """Return the error that the document has for an exception that nobody expected; people see the traceback."""
    if isinstance(error, ImportError):  # a package that only some commands import: `__main__` names it
        return UnfitError(f"a Python package cannot be imported: {error}", hint="standard error names the package")
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = "report the traceback that is on standard error"
    return HarnessError(what, cause="this is a defect of the harness", hint=hint)
