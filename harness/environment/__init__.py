"""Set-up before any dependency is imported: make a virtual environment once, and continue in it.

In: the standard library only. It is not part of the floors, because they need what it sets up.
"""
