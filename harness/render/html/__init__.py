"""Records to HTML: pages that open from a file, with figures and tables in them; pure.

In: what a page shows, as values for its template; the templates, style sheet and script as files beside the modules.
Out: reading those files (`system/asset`), writing pages (`store/site`), and whatever decides something.
"""
