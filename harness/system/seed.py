"""Chance of the system, for what must not be the same twice."""

import secrets

# Enough that no two trials ever share one, and few enough digits to type.
_SEEDS = 10**12


def draw_seed() -> int:
    """Return a seed that nobody can foresee, from 2 to 10^12; 1 is what earlier versions took for every trial."""
    return 2 + secrets.randbelow(_SEEDS - 1)
