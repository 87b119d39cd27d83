"""`harness explain`: what the code of a caveat or of a failure means."""

from collections.abc import Sequence

from harness.commands.output import Output
from harness.commands.verb import Argument, ArgumentKind, CompletionSource, Verb
from harness.errors import UsageError
from harness.render.explanation import list_explanations, render_explanations
from harness.settings.layer import nearest


def explain(output: Output, codes: Sequence[str]) -> int:
    """Print what these codes mean, or all codes if none is named; return the exit code."""
    known = list_explanations()
    # As they are printed behind a caveat: [noisy].
    wanted = [code.strip("[]") for code in codes]
    for code in wanted:
        if code not in {one.code for one in known}:
            hint = nearest(code, [one.code for one in known], listing="harness explain  # prints all codes")
            raise UsageError(f"unknown code {code!r}", hint=hint)
    found = tuple(one for one in known if not wanted or one.code in wanted)
    output.show(render_explanations(found), found)
    return 0


VERB = Verb(
    name="explain",
    call=lambda call: explain(call.output, call.words("code")),
    arguments=(
        Argument(
            name="CODE",
            takes=ArgumentKind.ANY,
            metavar="CODE",
            words=CompletionSource.CODES,
            help="the code of a caveat, such as noisy, or of the cause of a failure (default: all codes)",
        ),
    ),
    examples=(
        ("harness explain noisy", "one code"),
        ("harness explain", "all codes"),
    ),
)
