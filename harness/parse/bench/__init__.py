"""The output of the programs that measure, whisper.cpp's and the harness's own, and the model files that they read.

In: parsers of their logs: numbers, backends, devices, system_info.
Out: reports that other tools made from such logs (`report`).
"""
