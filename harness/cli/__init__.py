"""Arguments to settings, settings to a verb."""
