"""The addresses of a site's pages, from its root, made of names that anybody may have chosen."""

import re

from harness.records.history import SeriesKey
from harness.records.record import short_hash

# A longer name is cut, and a hash of the whole one added.
_LONGEST = 60
_OTHER = re.compile(r"[^a-z0-9]+")
_PLAIN = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
# A name that already ends as if a hash had been added gets one, too, so that two names never meet.
_HASHED = re.compile(r"(?:.*-)?[0-9a-f]{8}")
_SHORT = 12
_HEX = re.compile(r"[0-9a-f]{8,40}")
# The ids of runs keep their two capital letters, which all of them have.
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-z.-]+")
_SHA = re.compile(r"[0-9a-f]{40}")
# A release that is called like the page of a commit, or like the list of them, gets a hash.
_TAKEN = re.compile(r"[0-9a-f]{12}|index")
# What Windows takes for a device, whatever follows a dot.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


def make_slug(name: str) -> str:
    """Return a name as a part of an address: words of lower-case letters and digits, different for different names."""
    plain = _PLAIN.fullmatch(name) and len(name) <= _LONGEST and not _HASHED.fullmatch(name)
    if plain and not _DEVICES.fullmatch(name):
        return name
    return _add_hash(_OTHER.sub("-", name.lower()).strip("-")[:_LONGEST].strip("-"), name)


def _add_hash(words: str, name: str) -> str:
    digest = short_hash(name.encode(errors="surrogatepass"), length=8)
    return f"{words}-{digest}" if words else digest


def node_folder(node: str) -> str:
    """Return the folder of a node's pages, with a slash at its end."""
    return f"nodes/{make_slug(node)}/"


def series_page(key: SeriesKey) -> str:
    """Return the page of a series. Its newest yardstick is no part of the address, as that may change."""
    words = _OTHER.sub("-", f"{key.case} {key.metric}".lower()).strip("-")[:_LONGEST].strip("-")
    return f"{node_folder(key.node)}series/{words}-{short_hash(key.replace(yardstick=''), length=8)}.html"


def run_page(node: str, run_id: str) -> str:
    """Return the page of a run."""
    name = run_id if _RUN.fullmatch(run_id) and len(run_id) <= _LONGEST else make_slug(run_id)
    return f"{node_folder(node)}runs/{name}.html"


def commit_page(name: str) -> str:
    """Return the page of a commit, by its sha or its release."""
    if _SHA.fullmatch(name):
        return f"commits/{name[:_SHORT]}.html"
    return f"commits/{_add_hash(name, name) if _TAKEN.fullmatch(name) else make_slug(name)}.html"


def event_page(event: str) -> str:
    """Return the page of an event, by its id, which is hex digits."""
    return f"events/{event if _HEX.fullmatch(event) else make_slug(event)}.html"
