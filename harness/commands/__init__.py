"""One module per verb.

In: what a verb does with the rooms below, and where its answer goes.
Out: loops and decisions, which lie below; parsing of arguments (`cli`).
"""
