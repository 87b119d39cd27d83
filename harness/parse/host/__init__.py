"""What a machine reports about itself: `/proc`, `/sys`, sysctl, and captures of them.

In: parsers of texts that an operating system wrote.
Out: what programs print (`tool`, `bench`), and how the texts are obtained (`system.probe`, `system.quiet`).
"""
