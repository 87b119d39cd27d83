"""A site: what its pages are made of is loaded node by node, and what is not on disk yet is made.

In: the loop over nodes, and what has to be known of one.
Out: what a page says (`render/html`), how it gets its place (`store`), what a state is (`judge`).
"""
