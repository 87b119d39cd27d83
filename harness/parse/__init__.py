"""Raw text to records; pure.

In: parsers, a room for each kind of source, and here what all of them share.
Out: decisions. It imports nothing else on floor 1, and nothing on floor 1 imports it: logs are read once, above.
"""
