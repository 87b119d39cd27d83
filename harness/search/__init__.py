"""The search for the best settings of one model on this node.

In: the loop over stages and duels; their decisions are in `plan.tune`.
Out: sweeps that a user designs (`sweep`). From its own floor it may import everything.
"""
