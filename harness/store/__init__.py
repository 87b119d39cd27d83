"""Bundles on disk, and how they are found.

In: results in folders: written once, found by name, imported, exported.
Out: what is measured and when (`run`, `trial`, `sweep`); it imports no other room of its floor.
"""
