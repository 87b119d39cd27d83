"""Records to pictures: SVG text, each with a title, a sentence on what is seen, and a table of its numbers; pure.

In: scales, marks, colours by role, and a module for each kind of figure.
Out: pages (`render/html`), files, and whatever decides something.
"""
