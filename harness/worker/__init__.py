"""A small separate program that loads a built libwhisper and times single calls; standard library only."""
