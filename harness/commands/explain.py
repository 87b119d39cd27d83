"""`harness explain`: what a word that the harness prints means, and what to do about it."""

from collections.abc import Sequence

from harness.commands.output import Output
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb
from harness.errors import UsageError
from harness.records.explanation import ExplainResult, Explanation
from harness.render.dictionary import find_explanations, list_explanations, list_kinds, normalise
from harness.render.explanation import render_explanations, render_kinds
from harness.settings.layer import nearest


def explain(output: Output, words: Sequence[str]) -> int:
    """Print what these words mean, or which kinds of words there are if none is named; return the exit code."""
    if not words:
        kinds = list_kinds()
        output.show(render_kinds(kinds), ExplainResult(kinds=kinds))
        return 0
    found = find_explanations(" ".join(words)) or tuple(dict.fromkeys(one for word in words for one in _find(word)))
    output.show(render_explanations(found), ExplainResult(words=found))
    return 0


def _find(word: str) -> tuple[Explanation, ...]:
    found = find_explanations(word)
    if not found:
        names = {normalise(name): name for one in list_explanations() for name in one.names}
        close = nearest(normalise(word), names, listing="harness explain  # lists the kinds of words")
        raise UsageError(f"unknown word {word!r}", hint=close)
    return found


VERB = Verb(
    name="explain",
    call=lambda call: explain(call.output, call.words("word")),
    arguments=(
        Argument(
            name="WORD",
            takes=ArgumentKind.ANY,
            metavar="WORD",
            words=CompletionSource.CODES,
            dashes=True,
            help="a caveat, metric, column, verdict, event, exit code, status, option, command or word of the "
            "glossary, or a kind of words such as caveats (default: all kinds)",
        ),
    ),
    examples=(
        ("harness explain noisy", "a caveat"),
        ("harness explain UNRESOLVED", "a verdict"),
        ("harness explain exit 20", "an exit code"),
        ("harness explain --fa", "an option"),
        ("harness explain ab", "a command"),
        ("harness explain caveats", "all of a kind"),
    ),
)
