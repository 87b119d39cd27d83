"""How far two sequences lie apart: the fewest insertions, deletions and substitutions (Levenshtein's distance)."""

from collections.abc import Hashable, Sequence


def count_edits(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return the edits that make `other` of `one`.

    A column of the usual table is two whole numbers: the places at which it rises and falls by one from row to row
    (Myers, A fast bit-vector algorithm for approximate string matching, 1999, in the form of Hyyrö, 2003).
    """
    if not one or not other:
        return len(one) or len(other)
    places: dict[Hashable, int] = {}
    for place, item in enumerate(one):
        places[item] = places.get(item, 0) | 1 << place
    everywhere, last = (1 << len(one)) - 1, 1 << len(one) - 1
    rises, falls, edits = everywhere, 0, len(one)
    for item in other:
        equal = places.get(item, 0)
        still = (((equal & rises) + rises) ^ rises) | equal | falls  # the diagonal did not rise here
        right_rises = falls | (everywhere & ~(still | rises))
        right_falls = rises & still
        edits += bool(right_rises & last) - bool(right_falls & last)
        right_rises = right_rises << 1 | 1
        right_falls <<= 1
        rises = everywhere & (right_falls | ~(still | right_rises))
        falls = everywhere & right_rises & still
    return edits
