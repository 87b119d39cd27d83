"""Numbers to summaries and verdicts; pure.

In: estimates, intervals, tests and bets, in plain Python, each with its source.
Out: which runs are compared with which (`judge`), sentences (`render`). On floor 1 it imports nothing.
"""
