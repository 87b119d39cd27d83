"""The index of the results: one database over all bundles, trials and sweeps, which can be made anew from them.

In: what is kept of a bundle, the tables that hold it, keeping them true, and questions to them.
Out: what follows from the answers; SQLAlchemy and its drivers are imported inside functions alone.
"""
