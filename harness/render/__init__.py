"""Records to text; pure.

In: reports, tables and sentences for people, and `format/` for machines.
Out: decisions, colours and the width of a terminal (`system.console`). On floor 1 it imports everything but `parse`.
"""
