"""The nouns: frozen records without I/O, built from the standard library and msgspec alone."""
