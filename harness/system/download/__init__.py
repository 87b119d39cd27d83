"""Downloads of pinned files: fetched, resumed, verified, unpacked.

In: what all downloads need.
Out: where a release or a model is found (`source`, `weights`).
"""
