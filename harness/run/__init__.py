"""One run: what is asked for, prepared, executed step by step, sealed, and taken up again.

In: the loop over a plan, and what it needs before and after.
Out: several runs that take turns (`trial`, `sweep`), verbs and their output (`commands`).
Of its floor it imports `store`.
"""
