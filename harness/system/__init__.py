"""Effects: processes, the cache, downloads, sources, the node's counters, git, the console.

In: one effect a module, with errors that name the cause and a command to try.
Out: decisions (floor 1), and what lies in results (`store`). `subprocess` is in `process/` alone.
"""
