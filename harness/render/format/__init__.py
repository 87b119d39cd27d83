"""The formats of others: one module each, and the registry that names them.

In: one `Format` a module.
Out: tables for a terminal.
"""
