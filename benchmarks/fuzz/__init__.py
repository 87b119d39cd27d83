"""Broken input for every parser, by the million."""
