"""Which series are meant by words of a command line."""

from collections.abc import Iterable, Iterator, Sequence

from harness.records.history import SeriesKey

# So many digits of a config's id are enough to name it.
_LEAST_ID = 6


def matches_words(key: SeriesKey, words: Iterable[str]) -> bool:
    """Return whether every word names a part of a series: node, config, metric, case, benchmark or parameter."""
    return all(_matches(key, word) for word in words)


def find_foreign(keys: Sequence[SeriesKey], words: Iterable[str]) -> list[str]:
    """Return the words that name a part of none of the series."""
    return [word for word in words if not any(_matches(key, word) for key in keys)]


def list_words(keys: Iterable[SeriesKey]) -> list[str]:
    """Return all words that name a part of one of the series, each once."""
    return list(dict.fromkeys(word for key in keys for word in _list_words(key)))


def _matches(key: SeriesKey, word: str) -> bool:
    return word in _list_words(key) or (len(word) >= _LEAST_ID and key.config.startswith(word))


def _list_words(key: SeriesKey) -> Iterator[str]:
    yield from (key.metric, key.node, str(key.case), key.case.benchmark, key.config)
    for name, value in key.case.params:
        yield f"{name}={value}"
        if not value.isdigit():
            yield value
