"""What an action of `harness fleet` is made of: how it was called, and which options it takes."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness.commands.verb import Call
from harness.records.fleet import Fleet
from harness.settings.request import Places


class FleetCall(NamedTuple):
    """An action of `harness fleet` as it was called.

    `fleet` has the classes that were asked for, all if none was; it has no name and no classes where there is no file
    and the action needs none. `nodes` are the nodes that were asked for, none for all of them. `round` is the word of
    the round, by default today's date in UTC. `places` are the folders of the fleet, with the results of its file.
    """

    call: Call
    fleet: Fleet
    file: Path
    round: str
    nodes: tuple[str, ...]
    places: Places

    @property
    def options(self) -> str:
        """The options that make another command of `harness fleet` ask about the same jobs."""
        return f"--file {shlex.quote(str(self.file))} --round {self.round}"


class FleetAction(NamedTuple):
    """An action of `harness fleet`: what carries it out, and the options that it takes beside those of all actions.

    An action of `any_results` can do without a file: then it is about all nodes of the results.
    """

    call: Callable[[FleetCall], int]
    options: tuple[str, ...] = ()
    any_results: bool = False
