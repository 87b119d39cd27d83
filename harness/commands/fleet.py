"""`harness fleet`: many nodes, which a scheduler starts."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.commands.fleet_action import FleetAction, FleetCall
from harness.commands.fleet_cancel import cancel_round
from harness.commands.fleet_collect import collect
from harness.commands.fleet_health import show_health
from harness.commands.fleet_plan import show_plan
from harness.commands.fleet_status import show_status
from harness.commands.fleet_submit import submit_round
from harness.commands.request.fleet import FLEET_FILE, choose_classes, load_fleet, settle_places
from harness.commands.request.place import resolve_places
from harness.commands.verb import Argument, ArgumentKind, Call, CompletionSource, Verb
from harness.errors import UsageError
from harness.parse.job_key import read_round
from harness.records.fleet import Fleet

# Each action has a line here, and its options stand among the arguments of the verb.
ACTIONS: dict[str, FleetAction] = {
    "plan": FleetAction(show_plan, options=("script", "matrix")),
    "submit": FleetAction(submit_round, options=("dry_run",)),
    "status": FleetAction(show_status),
    "collect": FleetAction(collect),
    "health": FleetAction(show_health, any_results=True),
    "cancel": FleetAction(cancel_round, options=("dry_run", "all_rounds")),
}
# These belong to single actions; the others to all of them.
_OF_SOME = ("script", "matrix", "dry_run", "all_rounds")
_ROUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def _call(call: Call) -> int:
    word = call.text("action")
    if not word:
        raise UsageError("the action is missing", hint=f"harness fleet {next(iter(ACTIONS))}")
    action = ACTIONS[word]
    call.output.verb = f"{VERB.name} {word}"
    for key in _OF_SOME:
        if call.given[key] and key not in action.options:
            able = " or ".join(f"harness fleet {name}" for name, one in ACTIONS.items() if key in one.options)
            option = f"--{key.replace('_', '-')}"
            raise UsageError(f"harness fleet {word} takes no {option}", hint=f"leave it out, or {able} {option}")
    return action.call(_ask(call, action))


def _ask(call: Call, action: FleetAction) -> FleetCall:
    """Return how an action was called; raises UsageError for a file, a class or a round that cannot be."""
    path = Path(call.text("file") or FLEET_FILE)
    places = resolve_places(call.settings)
    if action.any_results and not call.text("file") and not path.exists():
        fleet = Fleet(name="", classes=(), results=str(places.results))
    else:
        fleet = load_fleet(path)
    word = call.text("round") or datetime.now(UTC).strftime("%Y-%m-%d")
    if not _ROUND.fullmatch(word):
        cause = "the keys of jobs contain it, so it has up to 32 letters, digits, dots, dashes and underscores"
        raise UsageError(f"--round {word!r} cannot be the name of a round", cause=cause, hint="--round 2026-11-28")
    day = read_round(word)
    if day and day > datetime.now(UTC).date() + timedelta(days=1):
        cause = "results of its jobs are only looked for from that day on"
        raise UsageError(f"--round {word} is a day to come", cause=cause, hint=f"--round for-{word}")
    return FleetCall(
        call=call,
        fleet=choose_classes(fleet, call.pieces("class")),
        file=path,
        round=word,
        nodes=call.pieces("node"),
        places=settle_places(places, fleet, call.settings),
    )


VERB = Verb(
    name="fleet",
    call=_call,
    arguments=(
        Argument(
            name="ACTION",
            metavar="|".join(ACTIONS),
            choices=tuple(ACTIONS),
            help="plan: what would run where, and why; submit: give Slurm what is missing; status: what became of each "
            "job; collect: put what the nodes left among the results; health: which node is noisy, slow, drifting or "
            "silent; cancel: take the jobs out of Slurm's queue",
        ),
        Argument(
            name="--file",
            metavar="PATH",
            path=True,
            words=CompletionSource.FILE,
            help=f"the file that describes the fleet (default: ./{FLEET_FILE})",
        ),
        Argument(
            name="--round",
            metavar="WORD",
            help="the name of the round; a job is done once in a round (default: today's date in UTC)",
        ),
        Argument(name="--class", takes=ArgumentKind.MANY, metavar="NAME", help="only this class of nodes (repeatable)"),
        Argument(name="--node", takes=ArgumentKind.MANY, metavar="NAME", help="only this node (repeatable)"),
        Argument(name="--script", takes=ArgumentKind.SWITCH, help="plan: print the scripts that Slurm would get"),
        Argument(
            name="--matrix",
            takes=ArgumentKind.SWITCH,
            help="plan: print the jobs of runners as JSON, for the matrix of a workflow of GitHub Actions",
        ),
        Argument(name="--dry-run", takes=ArgumentKind.SWITCH, help="submit, cancel: say what would be done, and stop"),
        Argument(name="--all-rounds", takes=ArgumentKind.SWITCH, help="cancel: the jobs of all rounds"),
    ),
    examples=(
        ("harness fleet plan", "what would run where, and why"),
        ("harness fleet plan --class zen4 --json", "one class, for a program"),
        ("harness fleet submit", "give Slurm what is missing of today's round"),
        ("harness fleet status", "what became of each job, and the command that shows more"),
        ("harness fleet collect", "what the nodes left, each bundle as a whole, into one results folder"),
    ),
    details=f"What each node runs stands in {FLEET_FILE} (docs/how-to/fleet.md).",
)
