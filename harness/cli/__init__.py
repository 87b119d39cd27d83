"""Arguments to settings, settings to a verb.

In: argparse, `os.environ`, the one `except HarnessError`, and the exit code.
Out: everything else.
"""
