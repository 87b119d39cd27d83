"""A night's watch over a branch: look at what is known, do the most urgent work, and look again.

In: the branch, the index of the runs, and what `plan.night` makes of them.
Out: runs on disk, and what came of each item. It may import `run`, `trial`, `bisect`, `store`, `system` and what is
below them, and no command.
"""
