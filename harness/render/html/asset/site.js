"use strict";
/* What JavaScript adds to the pages of a site: everything can be read without it.

   Hooks, all of which a page may leave out (template/part.html writes most of them):

   .needs-script                   is hidden until this script has set the class "script" on <html>.
   [data-theme-switch]             becomes a choice of theme: light, dark, system.
   table[data-sort]                columns sort by a click on their heads; <th data-sort="none"> does not.
     <td data-value="1.5">         is sorted by this number, other cells by their text.
   [data-filter=ID]                becomes a field for words, and a box for each state found below #ID.
     #ID [data-words]              are entries: all words must occur in data-words, which is in lower case.
       data-state="slower steady"  are their states, if they have some: one of those whose box is checked is enough.
     #ID [data-group]              holds entries, and is hidden while all of them are.
   figure#X[data-figure=series]    can be zoomed and read out where <script type="application/json" id="X-data"> is;
                                   [data-tools], [data-readout] and [data-panel] in it are empty elements for that.
   [data-compare=ID]               becomes the choice of two runs and their table, where #ID holds {"root": "",
                                   "nodes": [[slug, node], ...]}; data/<slug>.js is loaded when it is needed.

   The numbers of a series. Columns have one value for each point, in the order of the points:

   {"name": "encode of base", "metric": "encode", "unit": "ms", "lower": true,   lower is better
    "run_root": "../runs/",                      where pages of runs are, from this page
    "position": [0, 1, 3, ...],                  of the commit in the order of the history
    "value": [1.5, ...], "low": [...], "high": [...],   null where there is none; low and high are [] if no point has one
    "day": ["2026-01-01", ...], "n": [5, ...],
    "commit": ["a1b2c3d4", ...], "subject": [...], "run": [id, ...],
    "paged": ["", "20260101t....html", ...],     the page of the run below run_root, "" where it has none
    "caveats": ["noisy, dirty", ...],            [] if no point has one
    "epochs": [{"first": 0, "last": 41, "label": "kernel 6.1 -> 6.9", "level": 1.5}, ...],   numbers of points; level or null
    "events": [{"state", "label", "page", "since", "earliest", "latest"}, ...],             numbers of points
    "trials": [{"old", "new", "words", "page"}, ...],   live comparisons of two commits: what they came to
    "ab": "harness ab {old} {new} --model base",        the command that compares two commits live, "" if none can
    "frame": {"left", "right", "top", "bottom",         the plot in the drawing, in its own pixels,
              "first", "last", "low", "high"}}          and the positions and values at its edges

   data/<slug>.js is (window.siteData = window.siteData || {})["<slug>"] = {...};

   {"node": ..., "slug": ..., "commits": [[short, subject, date], ...],
    "runs": [[id, start, place in commits or -1, purpose, status, page from the root or ""], ...],
    "series": [[case, metric, unit, 1 if lower is better, page from the root, [places in commits], [values],
                [lows], [highs]], ...]}          lows and highs are [] if no point has one

   The fragment of the address keeps what was chosen, as "name=value&name=value", so that it can be sent. */

const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86400000;

// ---- Elements: texts are always set as texts, never as markup.

function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "click") element.addEventListener("click", value);
    else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function draw(name, attributes, ...children) {
  const element = set(document.createElementNS(SVG, name), attributes);
  element.append(...children);
  return element;
}

/* An address within the site; nothing that names a scheme is followed. */
const link = (address, words) =>
  address && !/^[\s\0-\x1f]*[a-z][a-z0-9+.-]*:/i.test(address) ? make("a", { href: address }, words) : words;

const readBlock = (id) => JSON.parse(document.getElementById(id).textContent);

// ---- Numbers, as render/number.py writes them.

const known = (value) => typeof value === "number" && Number.isFinite(value);

function formatValue(value) {
  if (!known(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  return size >= 12 || size < -7 ? value.toExponential(3) : value.toFixed(Math.max(0, 3 - size));
}

const formatShare = (share) => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`.replace("-", "\u2212");

function formatTick(value, step) {
  if (value && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) return value.toPrecision(3);
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step))));
  return value.toFixed(Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-9 ? decimals + 1 : decimals);
}

function listTicks(low, high, most) {
  const width = high - low;
  if (!(width > 0) || !Number.isFinite(width)) return [];
  const power = 10 ** Math.floor(Math.log10(width / most));
  const step = [1, 2, 2.5, 5, 10, 20].map((one) => one * power).find((one) => width / one <= most);
  const ticks = [];
  for (let at = Math.ceil(low / step); at * step <= high && ticks.length <= most; at += 1) ticks.push([at * step, formatTick(at * step, step)]);
  return ticks;
}

/* The change from one value to another. Both intervals give a rough one: their widths added as if independent. */
function compareValues(from, to) {
  if (!known(from.value) || !known(to.value) || from.value === 0) return null;
  const change = to.value / from.value - 1;
  const halves = [from, to].map(({ low, high }) => (known(low) && known(high) && low > 0 ? Math.log(high / low) / 2 : NaN));
  const half = Math.hypot(...halves);
  if (!Number.isFinite(half) || change <= -1) return { change, low: null, high: null };
  return { change, low: (1 + change) * Math.exp(-half) - 1, high: (1 + change) * Math.exp(half) - 1 };
}

function describeChange(found) {
  if (!found) return "–";
  return known(found.low) ? `${formatShare(found.change)}, roughly ${formatShare(found.low)} to ${formatShare(found.high)}` : formatShare(found.change);
}

// ---- The fragment of the address. A fragment without "=" is the id of an element, and changes nothing.

const listeners = [];
const isChoice = () => !location.hash.slice(1) || location.hash.includes("=");
const readChoice = () => new URLSearchParams(isChoice() ? location.hash.slice(1) : "");

function keepChoice(changes, { replace = false } = {}) {
  const choice = readChoice();
  for (const [name, value] of Object.entries(changes)) {
    if (value) choice.set(name, value);
    else choice.delete(name);
  }
  const fragment = choice.toString();
  if (fragment === readChoice().toString() && isChoice()) return;
  const address = location.href.split("#")[0] + (fragment ? `#${fragment}` : "");
  history[replace ? "replaceState" : "pushState"](null, "", address);
}

function followChoice(listener) {
  listeners.push(listener);
  listener(readChoice());
}

window.addEventListener("popstate", () => {
  if (isChoice()) for (const listener of listeners) listener(readChoice());
});

// ---- Theme.

const THEME = "harness-theme";

function loadTheme() {
  try {
    return localStorage.getItem(THEME) || "";
  } catch {
    return "";
  }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function keepTheme(theme) {
  setTheme(theme);
  try {
    if (theme) localStorage.setItem(THEME, theme);
    else localStorage.removeItem(THEME);
  } catch {
    // Pages from a disk may not store anything: the theme holds for this page.
  }
}

function offerThemes(place) {
  const choice = make("select", {}, ...[["", "System"], ["light", "Light"], ["dark", "Dark"]].map(([value, words]) => make("option", { value }, words)));
  choice.value = document.documentElement.dataset.theme || "";
  choice.addEventListener("change", () => keepTheme(choice.value));
  place.append(make("label", {}, make("span", {}, "Theme"), " ", choice));
}

// ---- Tables that sort.

function sortKey(row, column) {
  const cell = row.cells[column];
  if (!cell) return NaN;
  if (cell.dataset.value === undefined) return cell.textContent.trim().toLowerCase();
  return cell.dataset.value.trim() === "" ? NaN : Number(cell.dataset.value);
}

/* Whatever has no value, such as a dash among numbers, comes last in either direction. */
function compareKeys(one, other, direction) {
  const [lacks, otherLacks] = [one, other].map((key) => Number.isNaN(key) || key === "");
  if (lacks || otherLacks) return lacks - otherLacks;
  const [isNumber, otherIsNumber] = [one, other].map((key) => typeof key === "number");
  if (isNumber !== otherIsNumber) return otherIsNumber - isNumber;
  if (isNumber) return direction * Math.sign(one - other);
  return direction * String(one).localeCompare(String(other), "en", { numeric: true });
}

function sortTable(table, column, direction) {
  for (const body of table.tBodies) {
    const rows = [...body.rows].map((row, place) => ({ row, place, key: sortKey(row, column) }));
    rows.sort((one, other) => compareKeys(one.key, other.key, direction) || one.place - other.place);
    body.append(...rows.map(({ row }) => row));
  }
  for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
}

function makeSortable(table) {
  if (!table.tHead || table.tHead.rows.length !== 1 || [...table.tBodies].every((body) => body.rows.length < 2)) return;
  const heads = [...table.tHead.rows[0].cells];
  if (heads.some((head) => head.colSpan > 1)) return;
  heads.forEach((head, column) => {
    if (head.dataset.sort === "none" || !head.textContent.trim()) return;
    const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
    button.addEventListener("click", () => sortTable(table, column, head.getAttribute("aria-sort") === "ascending" ? -1 : 1));
    head.append(button);
  });
}

// ---- Entries that are filtered by words and states.

const STATE_WORDS = { node: "not the code", "too-few": "too few points" };

function offerFilter(place) {
  const list = document.getElementById(place.dataset.filter);
  const entries = [...list.querySelectorAll("[data-words]")].map((element) => ({
    element,
    words: element.dataset.words,
    states: (element.dataset.state || "").split(" ").filter(Boolean),
  }));
  const groups = [...list.querySelectorAll("[data-group]")];
  const field = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const count = make("span", { class: "muted", role: "status" });
  const boxes = [...new Set(entries.flatMap(({ states }) => states))].map((value) => make("input", { type: "checkbox", value, checked: true }));
  const choices = boxes.map((box) => make("label", { class: "choice" }, box, copyMark(list, box.value), STATE_WORDS[box.value] || box.value));
  place.append(make("label", {}, "Filter ", field), make("fieldset", { "aria-label": "States" }, ...(boxes.length > 1 ? choices : [])), count);

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const states = boxes.filter((box) => box.checked).map((box) => box.value);
    let shown = 0;
    for (const entry of entries) {
      const fits = states.length === boxes.length || entry.states.some((state) => states.includes(state));
      entry.element.hidden = !(fits && words.every((word) => entry.words.includes(word)));
      shown += !entry.element.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector("[data-words]:not([hidden])");
    count.textContent = `${shown} of ${entries.length} shown`;
    return states.length === boxes.length ? "" : states.join(" ") || "none";
  }

  place.addEventListener("input", () => keepChoice({ words: field.value.trim(), states: show() }, { replace: true }));
  followChoice((choice) => {
    field.value = choice.get("words") || "";
    const states = choice.get("states");
    for (const box of boxes) box.checked = !states || states.split(" ").includes(box.value);
    show();
  });
}

/* The mark of a state as the page has it: a shape beside the word, as everywhere. */
function copyMark(list, state) {
  const mark = document.querySelector(`.state-${CSS.escape(state)} .state-mark`);
  return mark ? make("span", { class: `state state-${state}` }, mark.cloneNode(true)) : "";
}

// ---- The figure of a series: zoom, read out, select.

const HELP = "Arrow keys move along the points, Space selects one, Enter opens its run. + and \u2212 zoom, 0 shows all, Escape closes.";

class Chart {
  constructor(figure) {
    this.data = readBlock(`${figure.id}-data`);
    this.svg = figure.querySelector("svg");
    this.count = this.data.value.length;
    if (!this.count || !this.svg) return;
    const { left, right, top, bottom } = this.data.frame;
    Object.assign(this, { figure, left, right, top, bottom, focus: -1, chosen: [], byDay: false, range: null });
    const first = Date.parse(this.data.day[0]) || 0;
    this.days = this.data.day.map((day) => (Date.parse(day) - first) / DAY_MS || 0);
    this.firstDay = first;
    this.whole = [...this.svg.childNodes].filter((node) => !["title", "desc"].includes(node.nodeName));
    this.over = draw("g", { class: "over" });
    this.plot = draw("g", { class: "zoomed" });
    this.svg.append(this.over);
    this.build(figure);
    this.listen();
    followChoice((choice) => this.follow(choice));
  }

  // The coordinate of a point on the axis in use, and the ends of what is shown.
  at(number) {
    return (this.byDay ? this.days : this.data.position)[number];
  }

  ends() {
    const of = this.byDay ? this.days : this.data.position;
    const ends = [of.reduce((a, b) => Math.min(a, b)), of.reduce((a, b) => Math.max(a, b))];
    return ends[0] < ends[1] ? ends : [ends[0] - 1, ends[1] + 1];
  }

  get isWhole() {
    return !this.range && !this.byDay;
  }

  build(figure) {
    const button = (words, label, act, more = {}) => make("button", { type: "button", "aria-label": label, title: label, click: act, ...more }, words);
    this.axis = button("By date", "Equal distances for days instead of commits", () => this.switchAxis(), { "aria-pressed": "false" });
    this.more = button("+", "Zoom in", () => this.zoom(0.5));
    this.less = button("\u2212", "Zoom out", () => this.zoom(2));
    this.all = button("All", "Show all points", () => this.show(null));
    const tools = figure.querySelector("[data-tools]");
    set(tools, { role: "group", "aria-label": "The figure" });
    tools.append(this.more, this.less, this.all, this.axis, make("span", { class: "muted small" }, HELP));
    this.readOut = figure.querySelector("[data-readout]");
    set(this.readOut, { "aria-live": "polite" });
    this.readOut.textContent = "Point at the figure to read it out; drag to zoom.";
    this.panel = figure.querySelector("[data-panel]");
    set(this.panel, { role: "region", "aria-label": "Two points compared", tabindex: "-1" });
    this.figure.classList.add("zoomable");
    set(this.svg, { tabindex: "0", role: "application", "aria-roledescription": "figure that can be read out with the arrow keys" });
  }

  listen() {
    const svg = this.svg;
    svg.addEventListener("keydown", (event) => this.press(event));
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    svg.addEventListener("blur", () => this.point(-1));
    svg.addEventListener("pointerleave", () => !this.drag && document.activeElement !== svg && this.point(-1));
    svg.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch") return;
      this.drag = { from: this.pixel(event), to: this.pixel(event) };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      const x = this.pixel(event);
      if (this.drag) {
        this.drag.to = x;
        this.mark();
      } else this.point(this.nearest(x));
    });
    svg.addEventListener("pointercancel", () => {
      this.drag = null;
      this.mark();
    });
    svg.addEventListener("pointerup", (event) => {
      const drag = this.drag;
      this.drag = null;
      const x = this.pixel(event);
      if (drag && Math.abs(drag.to - drag.from) > 8) this.showPixels(Math.min(drag.from, drag.to), Math.max(drag.from, drag.to));
      else if (x >= this.left - 6 && x <= this.right + 6) this.select(this.nearest(x));
    });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 0.7 : 1 / 0.7, this.valueAt(this.pixel(event)), { replace: true });
    }, { passive: false });
  }

  press(event) {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const shown = this.shown();
    const place = shown.indexOf(this.focus);
    const last = this.count - 1;
    const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, ArrowUp: -1, ArrowDown: 1 };
    const acts = {
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.show(null),
      Home: () => this.reach(0), End: () => this.reach(last), " ": () => this.focus >= 0 && this.select(this.focus),
      Enter: () => this.open(), Escape: () => this.close(),
    };
    if (event.key in steps) this.reach(place < 0 ? shown[steps[event.key] > 0 ? 0 : shown.length - 1] ?? 0 : Math.min(last, Math.max(0, this.focus + steps[event.key])));
    else if (event.key in acts) acts[event.key]();
    else return;
    event.preventDefault();
  }

  // From the pointer to the drawing, and from there to the axis.
  pixel(event) {
    const box = this.svg.getBoundingClientRect();
    return ((event.clientX - box.left) * this.svg.viewBox.baseVal.width) / box.width;
  }

  valueAt(x) {
    const [first, last] = this.window();
    return first + ((x - this.left) / (this.right - this.left)) * (last - first);
  }

  window() {
    if (this.isWhole) return [this.data.frame.first, this.data.frame.last];
    if (this.range) return this.range;
    const [first, last] = this.ends();
    const margin = (last - first) * 0.01;
    return [first - margin, last + margin];
  }

  x(number) {
    const [first, last] = this.window();
    return this.left + ((this.at(number) - first) / (last - first)) * (this.right - this.left);
  }

  y(value) {
    const [low, high] = this.scale || [this.data.frame.low, this.data.frame.high];
    return this.bottom - Math.min(1, Math.max(0, (value - low) / (high - low))) * (this.bottom - this.top);
  }

  shown() {
    const [first, last] = this.window();
    const found = [];
    for (let number = 0; number < this.count; number += 1) {
      if (known(this.data.value[number]) && this.at(number) >= first && this.at(number) <= last) found.push(number);
    }
    return found;
  }

  nearest(x) {
    let best = -1;
    let least = Infinity;
    for (const number of this.shown()) {
      const distance = Math.abs(this.x(number) - x);
      if (distance < least) [best, least] = [number, distance];
    }
    return best;
  }

  // ---- What is shown.

  /* A range that is wide enough to be drawn, and within the points; null for one that holds them all. */
  fit(range) {
    const [low, high] = this.ends();
    const width = Math.max(range[1] - range[0], 2);
    const first = Math.min(Math.max(range[0], low - 0.5), high + 0.5 - Math.min(width, high - low));
    return width >= high - low ? null : [first, first + width];
  }

  show(range, { replace = false } = {}) {
    this.range = range = range && this.fit(range);
    this.redraw();
    this.keep({ replace });
    this.say(range ? `${this.shown().length} of ${this.count} points are shown.` : `All ${this.count} points are shown.`);
  }

  zoom(factor, middle = null, options = {}) {
    const [first, last] = this.window();
    const about = middle ?? (this.focus >= 0 ? this.at(this.focus) : (first + last) / 2);
    this.show([about - (about - first) * factor, about + (last - about) * factor], options);
  }

  showPixels(from, to) {
    this.show([this.valueAt(Math.max(from, this.left)), this.valueAt(Math.min(to, this.right))]);
  }

  switchAxis() {
    const shown = this.shown();
    this.byDay = !this.byDay;
    this.range = this.range && shown.length ? [Math.min(...shown.map((number) => this.at(number))) - 1, Math.max(...shown.map((number) => this.at(number))) + 1] : null;
    this.redraw();
    this.keep();
  }

  keep(options) {
    const [first, last] = this.window();
    const text = (value) => String(Math.round(value * 100) / 100);
    const [one, other] = this.chosen;
    keepChoice({
      axis: this.byDay ? "date" : "", from: this.range ? text(first) : "", to: this.range ? text(last) : "",
      a: one === undefined ? "" : this.data.run[one], b: other === undefined ? "" : this.data.run[other],
    }, options);
  }

  follow(choice) {
    const range = ["from", "to"].map((name) => Number(choice.get(name) ?? NaN));
    this.byDay = choice.get("axis") === "date";
    this.range = range.every(Number.isFinite) && range[0] < range[1] ? this.fit(range) : null;
    const chosen = ["a", "b"].map((name) => this.data.run.indexOf(choice.get(name) || "-")).filter((number) => number >= 0);
    this.chosen = [...new Set(chosen)];
    this.redraw();
    this.showPanel();
  }

  // ---- Drawing. The drawing of the page stands as long as everything is shown; a part of it is drawn anew.

  redraw() {
    this.axis.setAttribute("aria-pressed", String(this.byDay));
    this.less.disabled = this.all.disabled = !this.range;
    this.scale = null;
    this.plot.remove();
    if (this.isWhole) this.over.before(...this.whole);
    else {
      for (const node of this.whole) node.remove();
      this.over.before(this.plot);
      this.fill();
    }
    this.mark();
  }

  fill() {
    const shown = this.shown();
    const { value, low, high } = this.data;
    const all = shown.flatMap((number) => [value[number], low[number], high[number]]).filter(known);
    const [least, most] = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
    const lacking = Math.max(0, 0.04 * Math.abs(least / 2 + most / 2) - (most - least)) / 2;
    const margin = (most - least + 2 * lacking) * 0.06 || 1;
    this.scale = all.length ? [least - lacking - margin, most + lacking + margin] : [0, 1];
    this.plot.replaceChildren(
      ...this.drawEpochs(), ...this.drawAxes(), ...this.drawEvents(), ...this.drawPoints(shown),
    );
  }

  text(x, y, words, classes, anchor = "start") {
    return draw("text", { x: x.toFixed(1), y: y.toFixed(1), class: classes, "text-anchor": anchor }, words);
  }

  clip(x) {
    return Math.min(this.right, Math.max(this.left, x));
  }

  drawEpochs() {
    const half = 0.5;
    return this.data.epochs.flatMap((epoch, place) => {
      const [from, to] = [this.x(epoch.first), this.x(epoch.last)].map((x) => this.clip(x));
      if (this.at(epoch.last) + half < this.window()[0] || this.at(epoch.first) - half > this.window()[1]) return [];
      const band = draw("rect", { class: place % 2 ? "fill-band" : "fill-paper", x: from, y: this.top, width: Math.max(1, to - from), height: this.bottom - this.top });
      const level = known(epoch.level) ? [draw("path", { class: "stroke-muted thin dash", d: `M${from} ${this.y(epoch.level)}H${to}` })] : [];
      const room = Math.max(4, Math.floor((this.right - from) / 7));
      const label = epoch.label && from < this.right - 40 ? [this.text(from + 4, this.top + 12, shorten(epoch.label, room), "fill-muted small")] : [];
      return [band, ...level, ...label];
    });
  }

  drawAxes() {
    const ticks = listTicks(...this.scale, 6);
    const made = ticks.flatMap(([value, words]) => [
      draw("path", { class: "stroke-grid thin", d: `M${this.left} ${this.y(value)}H${this.right}` }),
      this.text(this.left - 6, this.y(value) + 4, words, "fill-muted small", "end"),
    ]);
    made.push(draw("path", { class: "stroke-axis thin", d: `M${this.left} ${this.bottom}H${this.right}` }));
    made.push(this.text(12, this.top - 7, `${this.data.metric}, ${this.data.unit} · ${this.data.lower ? "lower" : "higher"} is better`, "fill-muted small"));
    let taken = -Infinity;
    const label = (x, words) => {
      if (x < taken + 78 || x < this.left || x > this.right) return;
      taken = x;
      const middle = Math.min(Math.max(x, this.left + 18), this.right - 18);
      made.push(draw("path", { class: "stroke-axis thin", d: `M${x} ${this.bottom}v4` }), this.text(middle, this.bottom + 16, words, "fill-muted small", "middle"));
    };
    if (this.byDay) {
      for (const [day] of listTicks(...this.window(), 8)) {
        if (Number.isInteger(day)) label(this.left + (this.right - this.left) * ((day - this.window()[0]) / (this.window()[1] - this.window()[0])), new Date(this.firstDay + day * DAY_MS).toISOString().slice(0, 10));
      }
    } else for (const number of this.shown()) label(this.x(number), this.data.day[number]);
    made.push(this.text(this.right, this.bottom + 35, this.byDay ? "days" : "commits, in their order", "fill-muted small", "end"));
    return made;
  }

  drawEvents() {
    return this.data.events.flatMap((event) => {
      const [from, to] = [this.x(event.earliest), this.x(event.latest)];
      if (to < this.left || from > this.right) return [];
      const kind = event.state === STATE_WORDS.node ? "node" : event.state;
      const classes = ["slower", "faster", "node", "suspicion"].includes(kind) ? kind : "muted";
      const x = this.clip(this.x(event.since));
      const group = draw("g", { class: "event" },
        draw("rect", { class: `fill-${classes} faint`, x: this.clip(from), y: this.bottom - 6, width: Math.max(2, this.clip(to) - this.clip(from)), height: 6 }),
        draw("path", { class: `stroke-${classes} thin dash`, d: `M${x} ${this.top}V${this.bottom}` }),
        this.text(Math.min(x + 4, this.right - 30), this.bottom - 10, shorten(event.label, Math.max(4, Math.floor((this.right - x) / 7))), `fill-${classes} small`));
      group.append(draw("title", {}, event.label));
      return [group];
    });
  }

  /* Few points are drawn each; of many in one column of pixels the least, the middle and the greatest. */
  drawPoints(shown) {
    const { value, low, high } = this.data;
    const columns = new Map();
    for (const number of shown) {
      const column = Math.round(this.x(number));
      columns.set(column, [...(columns.get(column) || []), number]);
    }
    const line = [];
    const bars = [];
    const dots = [];
    const begins = new Set(this.data.epochs.map((epoch) => epoch.first));
    let before = -Infinity;
    for (const [x, numbers] of [...columns].sort((one, other) => one[0] - other[0])) {
      const values = numbers.map((number) => value[number]).sort((one, other) => one - other);
      const middle = values[Math.floor((values.length - 1) / 2)];
      const at = this.at(numbers[0]);
      const gap = this.byDay && at - before > 10;
      line.push(`${!line.length || gap || numbers.some((number) => begins.has(number)) ? "M" : "L"}${x} ${this.y(middle).toFixed(1)}`);
      before = this.at(numbers[numbers.length - 1]);
      if (numbers.length > 1) bars.push(`M${x} ${this.y(values[0]).toFixed(1)}V${this.y(values[values.length - 1]).toFixed(1)}`);
      else if (known(low[numbers[0]]) && known(high[numbers[0]])) bars.push(`M${x} ${this.y(low[numbers[0]]).toFixed(1)}V${this.y(high[numbers[0]]).toFixed(1)}`);
      dots.push(draw("circle", { class: "fill-line-1", cx: x, cy: this.y(middle).toFixed(1), r: columns.size > 250 ? 1.5 : 2.5 }));
    }
    return [
      draw("path", { class: "stroke-line-1 thin faint interval", d: bars.join("") }),
      draw("path", { class: "stroke-line-1 thin line faint", d: line.join("") }),
      draw("g", { class: "dots" }, ...dots),
    ];
  }

  /* What lies over the drawing: the point that is read out, those selected, and what a drag has gone over. */
  mark() {
    const made = [];
    const ring = (number, classes, size) => draw("circle", { class: classes, cx: this.x(number).toFixed(1), cy: this.y(this.data.value[number]).toFixed(1), r: size });
    const inside = (number) => this.x(number) >= this.left - 1 && this.x(number) <= this.right + 1 && known(this.data.value[number]);
    this.chosen.forEach((number, place) => {
      if (!inside(number)) return;
      made.push(ring(number, "stroke-accent hollow selected thick", 6));
      made.push(this.text(this.x(number), this.y(this.data.value[number]) - 10, "AB"[place], "fill-accent small", "middle"));
    });
    if (this.focus >= 0 && inside(this.focus)) {
      made.push(draw("path", { class: "stroke-accent thin", d: `M${this.x(this.focus).toFixed(1)} ${this.top}V${this.bottom}` }));
      made.push(ring(this.focus, "fill-accent focused", 4));
    }
    if (this.drag) {
      const [from, to] = [this.drag.from, this.drag.to].map((x) => this.clip(x)).sort((one, other) => one - other);
      made.push(draw("rect", { class: "fill-accent drag", "fill-opacity": 0.15, x: from, y: this.top, width: to - from, height: this.bottom - this.top }));
    }
    this.over.replaceChildren(...made);
  }

  // ---- Reading out and selecting.

  point(number) {
    if (number === this.focus && (number < 0 || number === this.said)) return;
    this.focus = number;
    this.mark();
    if (number < 0) return;
    const page = this.pageOf(number);
    this.say(...this.describe(number), page ? " · " : "", page ? link(page, "run") : "");
    this.said = number;
  }

  say(...words) {
    this.readOut.replaceChildren(...words);
    this.said = -1;
  }

  reach(number) {
    const [first, last] = this.window();
    const at = this.at(number);
    if (this.range && (at < first || at > last)) {
      const move = at < first ? at - first - (last - first) * 0.2 : at - last + (last - first) * 0.2;
      this.show([first + move, last + move], { replace: true });
    }
    this.point(number);
  }

  pageOf(number) {
    return this.data.paged[number] ? `${this.data.run_root}${encodeURIComponent(this.data.paged[number])}` : "";
  }

  measured(number) {
    const { value, low, high, n } = this.data;
    const interval = known(low[number]) && known(high[number]) ? ` (${formatValue(low[number])} to ${formatValue(high[number])})` : "";
    return `${formatValue(value[number])} ${this.data.unit}${interval}, n = ${n[number]}`;
  }

  describe(number) {
    const { day, commit, subject, caveats } = this.data;
    const more = caveats[number] ? ` · caveats: ${caveats[number]}` : "";
    return [make("strong", {}, this.measured(number)), ` · ${day[number]} · `, make("bdi", {}, `${commit[number]} ${shorten(subject[number] || "", 120)}`), more];
  }

  select(number) {
    if (number < 0) return;
    if (this.chosen.includes(number)) this.chosen = this.chosen.filter((one) => one !== number);
    else this.chosen = [...this.chosen.slice(-1), number];
    this.point(number);
    this.mark();
    this.keep();
    this.showPanel();
    if (this.chosen.length === 1) this.say(...this.describe(this.chosen[0]), " · selected as A: select a second point to compare.");
  }

  open() {
    if (this.focus < 0) return;
    const page = this.pageOf(this.focus);
    if (page) location.href = page;
    else this.say("This run has no page here: ", make("code", {}, `harness report ${this.data.run[this.focus]} --format html -o run.html`));
  }

  close() {
    const inside = this.panel.contains(document.activeElement);
    if (this.chosen.length) {
      this.chosen = [];
      this.keep();
      this.showPanel();
      this.say("Nothing is selected.");
    } else if (this.range) this.show(null);
    this.point(-1);
    this.mark();
    if (inside) this.svg.focus();
  }

  showPanel() {
    this.panel.hidden = this.chosen.length < 2;
    if (this.panel.hidden) return;
    const [one, other] = [...this.chosen].sort((a, b) => a - b);
    const { value, low, high, commit, day, run, ab, trials, lower } = this.data;
    const of = (number) => ({ value: value[number], low: low[number], high: high[number] });
    const found = compareValues(of(one), of(other));
    const trial = trials.find(({ old, new: newer }) => old === commit[one] && newer === commit[other]);
    const row = (number) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, `${day[number]} ${commit[number]}`)), make("td", {}, this.measured(number)), make("td", {}, this.pageOf(number) ? link(this.pageOf(number), run[number]) : run[number]));
    const words = found && found.change ? ((found.change < 0) === lower ? " (better)" : " (worse)") : "";
    const command = commit[one] !== commit[other] ? ab.replace("{old}", commit[one]).replace("{new}", commit[other]) : "";
    this.panel.replaceChildren(
      make("p", {}, "From the first to the second: ", make("strong", {}, describeChange(found)), words),
      make("table", { class: "numbers" }, make("tbody", {}, row(one), row(other))),
      trial ? make("p", { class: "verdict" }, "Both commits measured in turns: ", link(trial.page, trial.words))
        : make("p", { class: "verdict" }, make("strong", {}, "No verdict: not measured in turns."), " Between two runs the node may have changed as well as the code."),
      command && !trial ? make("p", {}, "This compares them: ", make("code", { class: "command" }, command)) : "",
      make("p", {}, make("button", { type: "button", click: () => this.close() }, "Close")),
    );
    this.say(`Two points are compared: ${describeChange(found)}.`);
  }
}

function shorten(words, most) {
  const letters = [...words];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}\u2026` : words;
}

// ---- Two runs side by side.

class Compare {
  constructor(place) {
    const { root, nodes } = readBlock(place.dataset.compare);
    Object.assign(this, { place, root, nodes, sides: {}, loading: new Map() });
    this.table = make("div", { class: "compared" });
    this.said = make("p", { role: "status", class: "muted" });
    const form = make("form", { class: "toolbar" }, ...["a", "b"].map((side) => this.offer(side)));
    form.addEventListener("submit", (event) => event.preventDefault());
    place.append(form, this.said, this.table);
    followChoice((choice) => this.follow(choice));
  }

  offer(side) {
    const words = side === "a" ? "First" : "Second";
    const node = make("select", { "aria-label": `${words}: node` }, ...this.nodes.map(([slug, name]) => make("option", { value: slug }, shorten(name, 60))));
    const run = make("select", { "aria-label": `${words}: run` });
    this.sides[side] = { node, run };
    node.addEventListener("change", () => this.guard(this.fill(side).then(() => this.chosen())));
    run.addEventListener("change", () => this.guard(this.chosen()));
    return make("fieldset", {}, make("legend", {}, words), node, " ", run);
  }

  async follow(choice) {
    await this.guard((async () => {
      for (const [place, side] of ["a", "b"].entries()) {
        const [slug, id] = (choice.get(side) || "").split("/");
        if (this.nodes.some(([one]) => one === slug)) this.sides[side].node.value = slug;
        await this.fill(side, id, place);
      }
      this.compare();
    })());
  }

  async guard(work) {
    try {
      await work;
    } catch (error) {
      this.said.textContent = `The numbers could not be read: ${error.message}`;
    }
  }

  /* The runs of a node, newest first; without a choice the second run is the newest, the first the one before. */
  async fill(side, id = "", place = 0) {
    const { node, run } = this.sides[side];
    if (!node.value) return;
    const data = await this.load(node.value);
    const runs = [...data.runs].filter((one) => one[2] >= 0).reverse();
    run.replaceChildren(...runs.map(([value, start, commit]) => {
      const [short, subject] = data.commits[commit] || ["", ""];
      return make("option", { value }, shorten(`${start.slice(0, 10)} ${short} ${subject}`, 80));
    }));
    run.selectedIndex = Math.min(place === 0 ? 1 : 0, runs.length - 1);
    if (id && runs.some(([one]) => one === id)) run.value = id;
  }

  /* Pages from a disk cannot fetch anything; a script of the site may be added to the page. */
  load(slug) {
    const found = () => (Object.hasOwn(window.siteData || {}, slug) ? window.siteData[slug] : null);
    if (found()) return Promise.resolve(found());
    if (!this.loading.has(slug)) this.loading.set(slug, new Promise((resolve, reject) => {
      const script = make("script", { src: `${this.root}data/${encodeURIComponent(slug)}.js` });
      script.addEventListener("load", () => (found() ? resolve(found()) : reject(new Error(`data/${slug}.js is empty`))));
      script.addEventListener("error", () => reject(new Error(`data/${slug}.js is not there`)));
      document.head.append(script);
    }));
    return this.loading.get(slug);
  }

  chosen() {
    const value = (side) => `${this.sides[side].node.value}/${this.sides[side].run.value}`;
    keepChoice({ a: value("a"), b: value("b") });
    this.compare();
    return Promise.resolve();
  }

  /* The values of a run: those of its commit; of several runs of one commit the middle one. */
  values(side) {
    const data = window.siteData[this.sides[side].node.value];
    const run = data.runs.find(([id]) => id === this.sides[side].run.value);
    const found = new Map();
    for (const [name, metric, unit, lower, page, places, values, lows, highs] of run ? data.series : []) {
      const at = places.flatMap((place, number) => (place === run[2] && known(values[number]) ? [number] : [])).sort((one, other) => values[one] - values[other]);
      if (!at.length) continue;
      const middle = at[Math.floor((at.length - 1) / 2)];
      found.set(`${name}\n${metric}`, { name, metric, unit, lower, page, value: values[middle], low: lows[middle], high: highs[middle], several: at.length });
    }
    return { data, run, found };
  }

  compare() {
    const [one, other] = [this.values("a"), this.values("b")];
    if (!one.run || !other.run) {
      this.said.textContent = "There are no two runs to compare.";
      return;
    }
    const rows = [...one.found].flatMap(([key, from]) => (other.found.has(key) ? [{ from, to: other.found.get(key) }] : []))
      .map(({ from, to }) => ({ from, to, result: compareValues(from, to) }));
    rows.sort((a, b) => Math.abs(b.result?.change ?? 0) - Math.abs(a.result?.change ?? 0));
    const nodes = one.data.node === other.data.node ? "" : "These are runs of two nodes: most of the difference is that of the nodes. ";
    const same = one.data.node === other.data.node && one.run[2] === other.run[2]
      ? "Both runs measured the same commit, and the numbers here are those of commits: the command below tells the runs apart. " : "";
    this.said.textContent = `${nodes}${same}${rows.length} numbers are in both. No verdict: not measured in turns, so the node may have changed as well as the code.`;
    const heads = ["Series", "Metric", "Unit", "First", "Second", "Change"];
    const rough = rows.some(({ result }) => known(result?.low));
    if (rough) heads.push("Rough interval");
    const table = make("table", { class: "numbers" }, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...rows.map((row) => this.row(row, rough))));
    const command = make("pre", { class: "command", tabindex: "0" }, make("code", {}, `harness compare ${one.run[0]} ${other.run[0]}`));
    const scroll = make("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": "Both runs" }, table);
    this.table.replaceChildren(make("p", { class: "command-what" }, "The same on the command line:"), command, scroll);
    makeSortable(table);
  }

  row({ from, to, result }, rough) {
    const number = (value, words) => make("td", { class: "number", "data-value": known(value) ? String(value) : "" }, words);
    const better = result && result.change ? ((result.change < 0) === Boolean(from.lower) ? "better" : "worse") : "";
    const note = Math.max(from.several, to.several) > 1 ? " (the middle one of several runs of a commit)" : "";
    return make("tr", {},
      make("th", { scope: "row" }, make("bdi", {}, from.page ? link(this.root + from.page, from.name) : from.name), note),
      make("td", {}, from.metric), make("td", {}, from.unit),
      number(from.value, formatValue(from.value)), number(to.value, formatValue(to.value)),
      number(result?.change, result ? `${formatShare(result.change)} ${better}` : "–"),
      ...(rough ? [number(result?.low, result && known(result.low) ? `${formatShare(result.low)} to ${formatShare(result.high)}` : "–")] : []));
  }
}

// ---- Each part stands for itself: where one fails, the page and the others remain.

function attempt(selector, begin) {
  for (const element of document.querySelectorAll(selector)) {
    try {
      begin(element);
    } catch (error) {
      console.error(error);
    }
  }
}

setTheme(loadTheme());
document.documentElement.classList.add("script");
attempt("[data-theme-switch]", offerThemes);
attempt("table[data-sort]", makeSortable);
attempt("[data-filter]", offerFilter);
attempt("figure[data-figure=series]", (figure) => document.getElementById(`${figure.id}-data`) && new Chart(figure));
attempt("[data-compare]", (place) => new Compare(place));
