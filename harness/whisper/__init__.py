"""What a model is: its tensors, its size in memory, its work in FLOP, and its weights in fewer bits or made up.

In: pure arithmetic over a model's shape.
Out: model files on disk (`system`), their bytes as others wrote them (`parse`). Of floor 1 it imports `settings` alone.
"""
