"""Random numbers from the system, for what must not be the same twice."""

import secrets

# Enough that no two trials ever share one, and few enough digits to type.
_SEEDS = 10**12


def draw_seed() -> int:
    """Return an unpredictable seed from 2 to 10^12; 1 is the seed of every trial of earlier versions."""
    return 2 + secrets.randbelow(_SEEDS - 1)
