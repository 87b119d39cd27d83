"""What a user can ask for: the table of settings, how values are written, the layers that they come from, and requests.

In: pure code that turns words (flags, HARNESS_*, harness.toml) into values, and refuses what it cannot understand; what
is asked for as one value (`request`), which `commands.request` makes.
Out: `os.environ`, argparse and the disk; what follows from a setting belongs to `build` or `plan`.
Of floor 1 it imports nothing.
"""
