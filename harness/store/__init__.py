"""Bundles on disk, and what is found among them.

In: results as they lie in folders: written once, found by name, imported, exported.
Out: what is measured and when (`run`, `trial`, `sweep`); it imports no other room of its floor.
"""
