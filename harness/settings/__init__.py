"""What a user can ask for: the table of settings, how values are written, and the layers that they come from.

In: pure code that turns words (flags, HARNESS_*, harness.toml) into values, and refuses what it cannot understand.
Out: `os.environ`, argparse and the disk; what follows from a setting belongs to `build` or `plan`.
Of floor 1 it imports nothing.
"""
