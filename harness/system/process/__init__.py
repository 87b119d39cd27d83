"""Child processes: started, watched, asked, placed, ended.

In: whatever must know of a child's process group, its limits or its silence. `subprocess` is in `child` alone.
Out: what a child's output means (`parse`).
"""
