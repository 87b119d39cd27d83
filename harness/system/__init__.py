"""Effects: processes, the cache, downloads, sources, the node's counters, git, the console.

In: one effect per module, with errors that name the cause and a command to try.
Out: decisions (floor 1), and the contents of results (`store`). Only `process/` uses `subprocess`.
"""
