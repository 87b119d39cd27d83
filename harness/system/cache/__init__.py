"""The cache folder: entries with their stamps, who uses them, and what may be removed.

In: what all entries share, whatever their key.
Out: what makes an entry (`source`, `download`, `weights`).
"""
