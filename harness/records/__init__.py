"""Frozen records without I/O.

In: what is stored or handed from floor to floor, built from the standard library and msgspec alone.
Out: whatever decides, reads, writes or formats; it imports no other room but `errors`.
"""
