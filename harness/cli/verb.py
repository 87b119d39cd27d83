"""All verbs, by name. The module of a verb is imported when it is first looked up: a command needs only its own."""

import importlib
from collections.abc import Iterator, Mapping

from harness.commands.verb import Verb
from harness.records.title import TITLES


class VerbTable(Mapping[str, Verb]):
    """The verbs in the order of the help; each is imported once, when somebody asks for it."""

    def __getitem__(self, name: str) -> Verb:
        verb = importlib.import_module(f"harness.commands.{TITLES[name].module}").VERB
        if not isinstance(verb, Verb):
            raise TypeError(f"{name}: VERB is not a verb")
        return verb

    def __iter__(self) -> Iterator[str]:
        return iter(TITLES)

    def __len__(self) -> int:
        return len(TITLES)

    def __contains__(self, name: object) -> bool:
        return name in TITLES


VERBS = VerbTable()
