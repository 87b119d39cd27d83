"""Downloads of pinned files: fetched, resumed, verified, unpacked.

In: what any download needs.
Out: where a release or a model is found (`source`, `weights`).
"""
