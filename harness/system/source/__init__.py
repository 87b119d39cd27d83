"""Sources: a local tree, a commit of a repository, or a pinned release.

In: from the user's words to a tree on disk and its commit.
Out: git itself (`system.git`, `system.view`), builds.
"""
