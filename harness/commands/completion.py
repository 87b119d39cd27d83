"""`harness completion`: print the script that makes a shell complete commands of the harness."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from harness.commands.output import Output
from harness.commands.verb import Argument, Verb
from harness.errors import UsageError

SHELLS = tuple("bash zsh fish".split())


def completion(environ: Mapping[str, str], output: Output, shell: str, script: Callable[[str], str]) -> int:
    """Print the script for a shell, by default the user's; return the exit code."""
    name = shell or PurePath(environ.get("SHELL", "")).name
    if name not in SHELLS:
        hint = f"harness completion {SHELLS[0]}  # or {', '.join(SHELLS[1:])}"
        raise UsageError(f"no completion for {name or 'an unknown shell'}", hint=hint)
    output.write(script(name))
    return 0


VERB = Verb(
    name="completion",
    call=lambda call: completion(call.environ, call.output, call.text("shell"), call.script),
    arguments=(
        Argument(name="SHELL", metavar="|".join(SHELLS), choices=SHELLS, help="the shell (default: from $SHELL)"),
    ),
    examples=(
        ("source <(harness completion bash)", "for this session"),
        ("harness completion bash > ~/.local/share/bash-completion/completions/harness", "permanently"),
        ("harness completion zsh > ~/.zfunc/_harness", "into a folder in $fpath"),
        ("harness completion fish > ~/.config/fish/completions/harness.fish", "permanently"),
    ),
    forms=(),
    details="Completes models, refs in the cache, run ids and names of settings, provided the command is called\n"
    "harness.",
)
