"""One run: prepared, executed step by step, sealed, and resumed.

In: the loop over a plan, and what it needs before and after.
Out: several runs that take turns (`trial`, `sweep`), verbs and their output (`commands`).
From its own floor it imports `store`.
"""
