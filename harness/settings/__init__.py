"""What a user can ask for: the table of settings, how values are written, where they come from, and requests.

In: pure code that turns words (flags, HARNESS_*, harness.toml) into values and refuses bad ones; the types of requests
(`request`), which `commands.request` makes.
Out: `os.environ`, argparse and the disk; what follows from a setting belongs to `build` or `plan`.
It imports nothing from floor 1.
"""
