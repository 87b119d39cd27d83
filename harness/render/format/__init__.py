"""Reports in the formats of others, one module each; `registry` lists them."""
