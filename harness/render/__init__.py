"""Records to text; pure."""
