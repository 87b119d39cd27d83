"""What a run was measured for."""

from harness.records.record import ExplainedWord


class RunPurpose(ExplainedWord):
    """What a run was measured for: by hand, or for one kind of a night's work."""

    MANUAL = "manual", "Somebody started it by hand, or a script did."
    NIGHT = "night", "The ordinary run of the newest commit in a night."
    HISTORY = "history", "A run of an older commit that was left out before."
    ANCHOR = "anchor", "A comparison of the newest commit with the anchor."
    CONFIRMATION = "confirmation", "A comparison that finds out whether a suspicion is the code or the node."
    BISECTION = "bisection", "A comparison in the search for the commit that changed the speed."
    AUDIT = "audit", "A comparison of a commit with itself."
