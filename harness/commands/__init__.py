"""One module per verb.

In: what a verb does with the rooms below, and where its output goes.
Out: loops and decisions, which belong to the rooms below; parsing of arguments (`cli`).
"""
