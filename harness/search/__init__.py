"""The search for the best settings of one model on this node.

In: the loop over stages and duels; what they decide is in `plan.tune`.
Out: sweeps that a user designs (`sweep`). Of its floor it imports all.
"""
