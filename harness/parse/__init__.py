"""Raw text to records; pure.

In: parsers, a room for each kind of speaker, and here what belongs to any of them.
Out: decisions. Nothing else on floor 1 is imported, and nothing on floor 1 imports it: a log is read once, above.
"""
