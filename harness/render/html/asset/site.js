"use strict";
/* What JavaScript adds to the pages of a site: everything can be read without it.

   Hooks, all of which a page may leave out:

   <div data-theme-switch></div>                 becomes a choice of theme: light, dark, system.
   <table data-sort>                             columns sort by a click on their heads; <th data-sort="none"> does not.
     <td data-value="1.5">                       is sorted by this number, other cells by their text.
   <div data-filter="ID"></div>                  becomes a field for words, and a box for each state found below #ID.
     #ID [data-words="lower-case text"]          is an entry; it is shown if all words occur in that text.
         [data-state="slower faster"]            its states, words of SiteState in slugs ("too-few"), if it has some.
     #ID [data-group]                            holds entries, and is hidden while all of them are.
   <figure data-series="ID">                     holds the drawing of a series (<svg>) that can be zoomed and read out.
     <div data-tools></div>                      in it, becomes the row of buttons (it should keep their height free).
     <p data-readout></p>                        in it, says what is pointed at (it should keep two lines free).
     <div data-panel></div>                      in it, compares two points.
   <script type="application/json" id="ID">      the numbers of that series, see below.
   <div data-compare="ID"></div>                 becomes the choice of two runs and their table; #ID holds {"root", "nodes":
                                                 [[slug, node], ...], "pairs": ...}; data/<slug>.js is loaded when needed.

   The numbers of a series. Columns have one value for each point, in the order of the points:

   {"name": "encode of base", "metric": "encode", "unit": "ms", "lower": true,   lower is better
    "run_root": "../runs/",                      where pages of runs are, from this page
    "position": [0, 1, 3, ...],                  of the commit in the order of the history
    "value": [1.5, ...], "low": [...], "high": [...],   null where there is none; low and high are [] if no point has one
    "day": ["2026-01-01", ...], "n": [5, ...],
    "commit": ["a1b2c3d4", ...], "subject": [...], "run": [id, ...],
    "paged": [0, 1, ...],                        whether the run has a page: run_root + id + ".html"
    "caveats": ["noisy, dirty", ...],            [] if no point has one
    "epochs": [{"first": 0, "last": 41, "label": "kernel 6.1 -> 6.9", "level": 1.5}, ...],   numbers of points; level or null
    "events": [{"id", "state", "label", "page", "since", "earliest", "latest"}, ...],        numbers of points
    "trials": [{"old", "new", "words", "page"}, ...],   live comparisons of two commits: what they came to
    "ab": "harness ab {old} {new} --model base",        the command that compares two commits live, "" if none can
    "frame": {"left", "right", "top", "bottom",         the plot in the drawing, in its own pixels,
              "first", "last", "low", "high", "log"}}   and the positions and values at its edges

   data/<slug>.js is (window.siteData = window.siteData || {})["<slug>"] = {...};

   {"node": ..., "slug": ..., "commits": [[short, subject, date], ...],
    "runs": [[id, start, place in commits or -1, purpose, status, 1 if it has a page], ...],
    "series": [[case, metric, unit, 1 if lower is better, page from the root, [places in commits], [values],
                [lows], [highs]], ...]}          lows and highs are [] if no point has one

   The fragment of the address keeps what was chosen, as "name=value&name=value", so that it can be sent. */
