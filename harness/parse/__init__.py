"""Raw text to records; pure.

In: parsers, a room for each kind of source, and here what all of them share.
Out: decisions. On floor 1 it imports only `settings`, whose names are keys of a file, and `stats`, to sum up logs with
a number for each token; nothing there imports it.
"""
