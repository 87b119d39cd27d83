"""Where the user's pip configuration finds packages.

The output of `pip config list` (one `section.option='value'` a line, the value as Python writes a string), or only the
variables PIP_*. https://pip.pypa.io/en/stable/topics/configuration/: an environment variable replaces the value in the
section of the command, which replaces the global one; nothing is appended. Options that may be given several times take
words separated by white space.
"""

import ast
from collections.abc import Iterable, Mapping

from harness.records.record import Record

_SECTIONS = ("global", "install", "download", ":env:")
_TRUE = {"1", "y", "yes", "t", "true", "on"}


class PackageIndex(Record):
    """Index URLs (empty `index_url`: the usual one), folders and connection options; `timeout_s` is in seconds.

    Paths and URLs are as the user wrote them.
    """

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    cert: str = ""
    client_cert: str = ""
    proxy: str = ""
    no_index: bool = False
    timeout_s: float = 15.0


def parse_pip_config(text: str) -> PackageIndex:
    """Return the configuration in the output of `pip config list`; unknown lines are ignored."""
    sections: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        section, _, option = key.strip().rpartition(".")
        if equals and section in sections:
            sections[section][option] = _unquote(value.strip())
    return _index(sections[name] for name in _SECTIONS)


def parse_pip_environment(environ: Mapping[str, str]) -> PackageIndex:
    """Return the configuration in the variables PIP_*, for use if pip itself cannot be asked."""
    return _index(
        [
            {
                name.removeprefix("PIP_").lower().replace("_", "-"): value
                for name, value in environ.items()
                if name.startswith("PIP_")
            }
        ]
    )


def _unquote(value: str) -> str:
    if not value.startswith(("'", '"')):
        return value
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError, RecursionError, MemoryError):  # the last two for what is nested too deeply
        return value


def _index(layers: Iterable[Mapping[str, str]]) -> PackageIndex:
    options: dict[str, str] = {}
    for layer in layers:
        # An empty variable does not hide what a file says: pip passes it over.
        options.update({name: value for name, value in layer.items() if value.strip()})

    def words(name: str) -> tuple[str, ...]:
        return tuple(options.get(name, "").split())

    return PackageIndex(
        index_url=options.get("index-url", "").strip(),
        extra_index_urls=words("extra-index-url"),
        find_links=words("find-links"),
        trusted_hosts=words("trusted-host"),
        cert=options.get("cert", ""),
        client_cert=options.get("client-cert", ""),
        proxy=options.get("proxy", ""),
        no_index=options.get("no-index", "").strip().lower() in _TRUE,
        timeout_s=_seconds(options.get("timeout", options.get("default-timeout", ""))),
    )


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return PackageIndex().timeout_s
    return seconds if seconds > 0 else PackageIndex().timeout_s
