"""The output of the tools that build and test: CMake, Ninja, compilers, ctest, object files, pip.

In: parsers of what they print or leave behind.
Out: what is measured (`bench`).
"""
