"""A live comparison: two sides that take turns.

In: the loop over blocks, the sides, and what a block needs.
Out: verdicts (`judge`, `stats`). From its own floor it imports `store` and `run`.
"""
