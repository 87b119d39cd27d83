"""`harness completion`: the script with which a shell completes commands of the harness."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from harness.commands.output import Output
from harness.commands.verb import Argument, Verb, VerbGroup
from harness.errors import UsageError

SHELLS = tuple("bash zsh fish".split())


def completion(environ: Mapping[str, str], output: Output, shell: str, script: Callable[[str], str]) -> int:
    """Print the script for a shell, that of the user where none is named; return the exit code."""
    name = shell or PurePath(environ.get("SHELL", "")).name
    if name not in SHELLS:
        hint = f"harness completion {'|'.join(SHELLS)}"
        raise UsageError(f"no completion for {name or 'an unknown shell'}", hint=hint)
    output.write(script(name))
    return 0


VERB = Verb(
    name="completion",
    summary="print the script with which your shell completes commands",
    group=VerbGroup.SET_UP,
    call=lambda call: completion(call.environ, call.output, call.text("shell"), call.script),
    arguments=(
        Argument(name="SHELL", metavar="|".join(SHELLS), choices=SHELLS, help="the shell (default: that of $SHELL)"),
    ),
    examples=(
        ("source <(harness completion bash)", "for this shell alone"),
        ("harness completion bash > ~/.local/share/bash-completion/completions/harness", "for good"),
        ("harness completion zsh > ~/.zfunc/_harness", "a folder of $fpath"),
        ("harness completion fish > ~/.config/fish/completions/harness.fish", "for good"),
    ),
    forms=(),
    details="Models, refs in the cache, ids of runs and names of settings are completed, as long as the command is\n"
    "called harness.",
)
