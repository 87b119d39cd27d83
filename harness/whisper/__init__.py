"""What a model is: its tensors, its size in memory, its work in FLOP, and quantised or synthetic weights.

In: pure arithmetic over a model's shape.
Out: model files on disk (`system`), and how they are parsed (`parse`). On floor 1 it imports only `settings`.
"""
