"""What a run was measured for."""

from enum import StrEnum


class RunPurpose(StrEnum):
    """What a run was measured for: by a hand, or by a night's watch, and there by which kind of its work.

    NIGHT is the ordinary run of a head, HISTORY that of an older commit that was left out before. ANCHOR compares the
    head with the anchor, CONFIRMATION sorts what looks unlike its past, BISECTION looks for its commit, and AUDIT
    compares a commit with itself.
    """

    MANUAL = "manual"
    NIGHT = "night"
    HISTORY = "history"
    ANCHOR = "anchor"
    CONFIRMATION = "confirmation"
    BISECTION = "bisection"
    AUDIT = "audit"
