"""Sources: a local tree, a commit of a repository, or a pinned release."""
