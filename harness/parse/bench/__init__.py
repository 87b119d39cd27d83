"""What the programs that measure print, whisper.cpp's and ours, and the model files that they read.

In: parsers of their logs: numbers, backends, devices, system_info.
Out: reports that others made of such logs (`report`).
"""
