"""Reports of ggml-ci, and what people paste: from text to a run.

In: the report's own form, the files beside it, and its dates.
Out: how reports are written (`render`), and where they lie (`store`).
"""
