"""What happened, and what a reader must know of it; pure.

In: caveats, diagnoses, comparisons and refusals, made of records alone.
Out: texts for people (`render`), the arithmetic of samples (`stats`).
On floor 1 it imports everything but `parse` and `render`.
"""
