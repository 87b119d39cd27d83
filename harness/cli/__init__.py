"""The command line: arguments become settings, and settings a call of a verb.

In: argparse, `os.environ`, the one `except HarnessError`, and the exit code.
Out: everything else.
"""
