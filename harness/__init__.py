"""A benchmark harness for whisper.cpp / ggml."""

__version__ = "0.1.0"
