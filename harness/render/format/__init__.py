"""The formats of other tools: one module each, and the registry that names them.

In: one `Format` per module.
Out: tables for a terminal.
"""
