"""The comments under a pull request: of each gate there is one, which is updated in place."""

import re
from typing import NamedTuple

from scripts.github import Api


class Mark(NamedTuple):
    """The first line of our comments, which nobody sees: the name of the gate, and which run of it has written it."""

    name: str
    run: int
    attempt: int

    def __str__(self) -> str:
        return f"<!-- whisper-harness {self.name} run={self.run} attempt={self.attempt} -->"

    @classmethod
    def read(cls, body: str) -> "Mark | None":
        """Return the mark of a comment, None if it has none."""
        found = re.match(r"<!-- whisper-harness ([A-Za-z0-9._-]+) run=(\d{1,18}) attempt=(\d{1,9}) -->", body)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    @property
    def age(self) -> tuple[int, int]:
        """What is larger for a newer run."""
        return self.run, self.attempt


class OurComment(NamedTuple):
    """A comment of ours that is there."""

    number: int
    body: str
    mark: Mark


class CommentThread:
    """The comments under one pull request; ours are those of the robot alone, whatever others write in theirs."""

    def __init__(self, api: Api, number: int, robot: str) -> None:
        self._api = api
        self._path = f"/issues/{number}/comments"
        self._robot = robot

    def write(self, mark: Mark, text: str, *, wanted: bool) -> str:
        """Keep one comment, and return what was done.

        A new one is written only if it is `wanted`; what is there is updated in any case, so that it never lies.
        """
        body, existing = f"{mark}\n{text}", self.list_ours(mark.name)
        if not existing:
            if not wanted:
                return "nothing to write"
            written = self._api.send("POST", self._path, body=body)
            # Somebody else may have written at the same moment.
            existing = self.list_ours(mark.name)
            if [one.number for one in existing] in ([], [written["id"]]):
                return f"written: {written['html_url']}"
        return self._settle(existing, OurComment(0, body, mark))

    def list_ours(self, name: str) -> list[OurComment]:
        """Return the comments of a gate, the oldest first."""
        found = []
        for one in self._api.list_all(self._path):
            mark = Mark.read(one["body"] or "")
            if mark and mark.name == name and (one["user"] or {}).get("login") == self._robot:
                found.append(OurComment(int(one["id"]), one["body"], mark))
        return sorted(found)

    def _settle(self, existing: list[OurComment], ours: OurComment) -> str:
        """Give the oldest comment the text of the newest run, and remove the others."""
        first, *others = existing
        newest = max(existing, key=lambda one: one.mark.age)
        if newest.mark.age <= ours.mark.age:
            newest = ours
        if first.body != newest.body:
            self._api.send("PATCH", f"/issues/comments/{first.number}", body=newest.body)
        for one in others:
            self._api.remove(f"/issues/comments/{one.number}")
        if newest is not ours:
            return "a newer run has written already"
        return "as it was" if first.body == ours.body else "updated"
