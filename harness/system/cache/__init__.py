"""The cache folder: entries with their stamps, who uses them, and what may be removed.

In: what holds for any entry, whatever it is keyed by.
Out: what makes an entry (`source`, `download`, `weights`).
"""
