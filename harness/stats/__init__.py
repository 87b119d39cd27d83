"""Numbers to summaries and verdicts; pure.

In: estimates, intervals, tests and bets, in plain Python, each with its source.
Out: which runs are set against which (`judge`), sentences (`render`). Of floor 1 it imports nothing.
"""
