"""The nouns: frozen records without I/O.

In: what is stored or handed from floor to floor, built from the standard library and msgspec alone.
Out: whatever decides, reads, writes or formats; and imports of any other room but `errors`.
"""
