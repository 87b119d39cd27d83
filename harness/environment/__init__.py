"""What comes before the first import of a dependency: an environment that has them, made once and entered.

Standard library only. It stands beside the floors, because they need what it sets up.
"""
