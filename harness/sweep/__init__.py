"""Many settings side by side: a sweep, and the search for the best of them."""
