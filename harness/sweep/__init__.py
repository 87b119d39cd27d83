"""Many settings side by side: a sweep, measured in turns.

In: the design of a sweep, the sessions of its runs, and what is left of one that was broken off.
Out: the search for the best settings (`search`). Of its floor it imports `store`, `run` and `trial`.
"""
