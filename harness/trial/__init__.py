"""A live comparison: two sides that take turns."""
