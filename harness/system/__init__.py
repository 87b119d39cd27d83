"""Effects: processes, probes, sources, weights, the console."""
