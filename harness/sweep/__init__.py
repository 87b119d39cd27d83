"""Many settings side by side: a sweep, measured in turns.

In: the design of a sweep, the sessions of its runs, and the remainder of an unfinished sweep.
Out: the search for the best settings (`search`). From its own floor it imports `store`, `run` and `trial`.
"""
