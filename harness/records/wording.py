"""How counts and lists are written in sentences."""

from collections.abc import Sequence


def format_count(number: float, noun: str, *, plural: str = "") -> str:
    """Return `1 block` or `2 blocks`; `plural` is for irregular nouns."""
    written = f"{number:g}" if isinstance(number, float) else str(number)
    return f"{written} {noun if number == 1 else plural or f'{noun}s'}"


def join_words(words: Sequence[str], last: str) -> str:
    """Return `a, b and c`, where `last` is the word before the last one."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def were(number: int, noun: str) -> str:
    """Return `1 block was` or `2 blocks were`."""
    return f"{format_count(number, noun)} {'was' if number == 1 else 'were'}"


def format_unreal(count: int) -> str:
    """Return `1 logit is not a number` or `3 logits are not numbers`."""
    return "1 logit is not a number" if count == 1 else f"{count} logits are not numbers"


def format_difference(share: float) -> str:
    """Return a relative difference, of which three digits matter: `0.0312 %`, `5 %`, `38.2 %`, `14000 %`."""
    return f"{100 * share:.3g} %" if share < 1 else f"{100 * share:.0f} %"
