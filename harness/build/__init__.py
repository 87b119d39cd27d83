"""What a binary is: its instruction set, its CMake options with their reasons, and what CMake made of them.

In: pure knowledge of compilers, CPU features, ggml's options, and of what a commit's bench program measures.
Out: steps and their order (`plan`), texts of CMake and compilers (`parse.tool`).
From floor 1 it imports only `settings`.
"""
