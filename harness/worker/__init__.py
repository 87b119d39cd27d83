"""A small program of its own that loads a built libwhisper and times single calls; standard library only."""
