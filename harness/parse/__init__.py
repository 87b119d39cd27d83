"""Raw text to records; pure."""
