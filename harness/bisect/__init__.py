"""The search for the commit that changed the speed.

In: the line of commits between two ends, and the loop that builds and measures what `plan.bisect` says.
Out: what is measured next, and the answer (`plan.bisect`). From its own floor it may import `store`, `run` and `trial`.
"""
