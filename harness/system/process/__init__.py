"""Child processes: started, watched, asked, placed, ended.

In: whatever deals with a child's process group, its limits or its silence. Only `child` uses `subprocess`.
Out: what a child's output means (`parse`).
"""
