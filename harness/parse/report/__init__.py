"""Reports of ggml-ci, and pasted logs and tables: from text to a run.

In: the form of the report, the files beside it, and its dates.
Out: how reports are written (`render`), and where they are stored (`store`).
"""
