"""What a binary is: its instruction set, its CMake options with their reasons, and what they came to.

In: pure knowledge of compilers, CPU features, ggml's options, and of what a commit's bench program measures.
Out: steps and their order (`plan`), texts of CMake and compilers (`parse.tool`).
Of floor 1 it imports `settings` alone.
"""
