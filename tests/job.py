"""Plays jobs of GitHub Actions: the steps of a job in order, each shell step as the runner would start it.

What other actions do (check out, upload, cache) is a function of the test. Of expressions, what our files use is known:
contexts, text, comparisons, `&&`, `||`, and a few functions; anything else raises.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
Values = dict[str, Any]
Action = Callable[[Values], Mapping[str, str]]
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<sign>&&|\|\||==|!=|!|[(),]))\s*")
_SIGNS = {"&&": " and ", "||": " or ", "!": " not "}
_OUTPUT = re.compile(r"^([^=<\n]+)(?:=([^\n]*)|<<([^\n]+)\n(?:(.*?)\n)??\3)$", re.DOTALL | re.MULTILINE)
# As `shell: bash` and no `shell` at all are documented.
_BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_PLAIN = ("bash", "-e")


def load_yaml(path: Path) -> Values:
    loaded: Values = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return loaded


def read_outputs(text: str) -> dict[str, str]:
    """Return the outputs that a step has written to its file."""
    return {name: plain or long for name, plain, _, long in _OUTPUT.findall(text)}


class StepFailedError(Exception):
    """What an action of others raises where it fails."""


class Job:
    """A job on a made-up runner: its folders, its contexts, and what its steps have printed."""

    def __init__(self, folder: Path, environ: Mapping[str, str], actions: Mapping[str, Action] | None = None) -> None:
        self.workspace, self.temporary = folder / "workspace", folder / "temp"
        self.environ = dict(environ)
        self.actions = dict(actions or {})
        self.log = ""
        self.summary = ""
        self.steps_done: list[str] = []
        self._count = 0
        for path in (self.workspace, self.temporary):
            path.mkdir(parents=True, exist_ok=True)

    def play(self, steps: Sequence[Values], contexts: Values, action_path: Path | None = None) -> Values:
        """Run the steps, and return the context `steps`; contexts["failed"] tells whether one of them failed."""
        contexts = {**contexts, "steps": {}, "failed": False}
        for step in steps:
            if not self._is_due(step, contexts):
                continue
            done: Values = {"outputs": {}, "outcome": "success"}
            try:
                done["outputs"] = self._do(step, contexts, action_path)
            except StepFailedError as error:
                done["outputs"], done["outcome"] = error.args[0], "failure"
                contexts["failed"] = True
            if "id" in step:
                contexts["steps"][step["id"]] = done
            self.steps_done.append(f"{step.get('id', step.get('uses', step.get('run')))}: {done['outcome']}")
        return contexts

    def use(self, action: Path, given: Mapping[str, str], contexts: Values) -> dict[str, str]:
        """Run a composite action, and return its outputs; raises StepFailedError, with them, where it fails."""
        described = load_yaml(action / "action.yml")
        assert set(given) <= set(described["inputs"]), "an input that the action does not have"
        inputs = {name: str(one.get("default", "")) for name, one in described["inputs"].items()} | dict(given)
        inner = self.play(described["runs"]["steps"], {**contexts, "inputs": inputs}, action)
        outputs = {name: str(expand(one["value"], inner)) for name, one in described["outputs"].items()}
        if inner["failed"]:
            raise StepFailedError(outputs)
        return outputs

    def _is_due(self, step: Values, contexts: Values) -> bool:
        condition = str(step.get("if", "success()"))
        if "always()" not in condition and contexts["failed"]:
            return False
        return bool(evaluate(condition, contexts))

    def _do(self, step: Values, contexts: Values, action_path: Path | None) -> Mapping[str, str]:
        if "run" in step:
            assert "${{" not in step["run"], "text of others becomes part of a script"
            return self._start(step, contexts, action_path)
        given = {name: str(expand(value, contexts)) for name, value in step.get("with", {}).items()}
        if step["uses"].startswith("./"):
            return self.use(self.workspace / step["uses"], given, contexts)
        return self.actions[step["uses"].partition("@")[0]](given)

    def _start(self, step: Values, contexts: Values, action_path: Path | None) -> dict[str, str]:
        self._count += 1
        files = {name: self.temporary / "_runner_file_commands" / f"{name}_{self._count}" for name in _FILES}
        for path in files.values():
            path.parent.mkdir(exist_ok=True)
            path.touch()
        script = self.temporary / f"step-{self._count}.sh"
        script.write_text(step["run"], encoding="utf-8")
        environ = {**self.environ, "GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.temporary)}
        environ |= {f"GITHUB_{name}": str(path) for name, path in files.items()}
        environ |= {"GITHUB_ACTION_PATH": str(action_path)} if action_path else {}
        environ |= {name: str(expand(value, contexts)) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            [*(_BASH if step.get("shell") == "bash" else _PLAIN), str(script)],
            cwd=self.workspace / step.get("working-directory", "."),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        self.log += done.stdout
        self.summary += files["STEP_SUMMARY"].read_text(encoding="utf-8")
        assert files["ENV"].read_text() == files["PATH"].read_text() == "", "nothing is passed on in these ways"
        outputs = read_outputs(files["OUTPUT"].read_text(encoding="utf-8"))
        if done.returncode:
            raise StepFailedError(outputs)
        return outputs


_FILES = ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")


def expand(value: Any, contexts: Values) -> Any:
    """Return a value of a file with its expressions replaced; one that is an expression alone keeps its type."""
    if not isinstance(value, str):
        return value
    if whole := re.fullmatch(r"\s*\$\{\{(?:(?!\}\}).)*\}\}\s*", value, re.DOTALL):
        return evaluate(whole.group().strip(), contexts)
    return _EXPRESSION.sub(lambda found: str(evaluate(found.group(1), contexts)), value)


def evaluate(text: str, contexts: Values) -> Any:
    """Return the value of an expression."""
    text = text.strip().removeprefix("${{").removesuffix("}}").strip()
    code, place = "", 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        assert token, f"an expression that is not known: {text}"
        place = token.end()
        if token["name"]:
            called = text[place : place + 1] == "("
            code += token["name"] if called else f"look({token['name']!r})"
        else:
            code += token["text"] or _SIGNS.get(token["sign"], token["sign"])

    def look(name: str) -> Any:
        if name in ("true", "false"):
            return name == "true"
        found: Any = contexts
        for part in name.split("."):
            found = found.get(part, "") if isinstance(found, Mapping) else ""
        return found

    functions = {"look": look, "always": lambda: True, "success": lambda: not contexts["failed"]}
    return eval(code, {"__builtins__": {}, **functions, "fromJSON": json.loads})


def make_environ(folder: Path, **more: str) -> dict[str, str]:
    """Return what the runner puts into the environment of every step."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "somebody/something",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_ATTEMPT": "1",
        "RUNNER_NAME": "runner-1",
        "RUNNER_OS": "Linux",
        **more,
    }
