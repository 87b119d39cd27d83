"""The nodes that a scheduler starts: submit the jobs of a fleet, ask for their state, fetch what they left.

In: what starts a program of a scheduler, or one that copies files from another computer.
Out: what is to be done and what became of it (`plan`, `judge`), how results are stored (`store`); the harness on the
nodes is started by the scheduler, never imported.
"""
