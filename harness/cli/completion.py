"""The completion script of a shell, made from the parser: it contains fixed names and asks the harness for others."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.commands.verb import Argument, CompletionSource, Verb
from harness.parse.pin import expand_models
from harness.records.measurement import TABLE_METRICS
from harness.records.suite import Benchmark, Engine
from harness.render.dictionary import list_names
from harness.system.weights import load_catalog

# What completes the values of settings.
SETTING_WORDS = {
    "model": CompletionSource.MODELS,
    "ref": CompletionSource.REFS,
    "anchor": CompletionSource.REFS,
    "source": CompletionSource.FOLDER,
    "results": CompletionSource.FOLDER,
    "cache": CompletionSource.FOLDER,
    "tools": CompletionSource.FOLDER,
    "weights": CompletionSource.FILE,
    "audio": CompletionSource.FILE,
    "text": CompletionSource.FILE,
    "compiler": CompletionSource.FILE,
    "config": CompletionSource.FILE,
}
SETTING_CHOICES: dict[str, tuple[str, ...]] = {
    "engine": tuple(Engine),
    "bench": tuple(Benchmark),
    "metric": tuple(metric.name for metric in TABLE_METRICS),
    "build_type": ("Release", "RelWithDebInfo", "MinSizeRel", "Debug"),
    "llamafile": ("on", "off"),
    "openmp": ("on", "off"),
    "flash_attn": ("0", "1", "0,1"),
}
# Asked for where the words change: `harness.cli.word`.
_ASKED = (CompletionSource.REFS, CompletionSource.RUNS)


def render_script(parser: argparse.ArgumentParser, verbs: Mapping[str, Verb], shell: str) -> str:
    """Return the completion script of a shell; the parser is changed and cannot be used for parsing afterwards."""
    import shtab

    for name, action, argument in _list_actions(parser, verbs):
        words = argument.words if argument else SETTING_WORDS.get(action.dest, CompletionSource.NONE)
        if words in _ASKED:
            action.complete = _ask(words)  # type: ignore[attr-defined]
        elif words in (CompletionSource.FILE, CompletionSource.FOLDER):
            chosen = shtab.FILE if words is CompletionSource.FILE else shtab.DIRECTORY
            action.complete = chosen  # type: ignore[attr-defined]
        else:
            action.choices = _choose_words(words, verbs[name], action, argument)
    return str(shtab.complete(parser, shell))


def _ask(words: CompletionSource) -> dict[str, object]:
    """Return the shell code that asks the harness for words when they are needed.

    For zsh this is a separate function, because shtab would ask only once, when the script is loaded.
    """
    import shtab

    command = f"{_name_command()} completion --words {words} 2>/dev/null"
    asked: dict[str, Any] = dict(shtab.cmd(command))
    function = f"_harness_words_{words}"
    preamble = {**asked["preamble"], "zsh": f'{function}() {{ compadd -- ${{(f)"$({command})"}} }}\n'}
    return {**asked, "zsh": function, "preamble": preamble}


def _choose_words(
    words: CompletionSource, verb: Verb, action: argparse.Action, argument: Argument | None
) -> tuple[str, ...] | None:
    if words is CompletionSource.CODES:
        return list_names()
    if words is CompletionSource.MODELS:
        return ("fast", "all", *expand_models(("all",), load_catalog()))
    if argument:
        return argument.choices or None
    return tuple(verb.forms) if action.dest == "format" else SETTING_CHOICES.get(action.dest)


def _list_actions(
    parser: argparse.ArgumentParser, verbs: Mapping[str, Verb]
) -> Iterator[tuple[str, argparse.Action, Argument | None]]:
    """Yield each verb's options and words that take a value, with the argument that each was made from, if any."""
    commands = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    for name, one in commands.choices.items():
        by_key = {argument.key: argument for argument in verbs[name].arguments}
        for action in one._actions:
            if action.nargs != 0:
                _, _, key = action.dest.partition(":")
                yield name, action, by_key[key] if key else None


def _name_command() -> str:
    """Return the command that starts this copy of the harness from any folder."""
    return shlex.join([sys.executable, str(Path(__file__).resolve().parents[1])])
