// The view: what part of the run is shown, what is selected, and the hands that move it.

const view = {
  from: 0, to: length, width: 0, height: 0, selected: undefined, words: [], periodic: false, theme: "", page: 0,
  shown: [], nodeEvents: new Map(), jumpIndex: -1,

  matchesText(text) {
    const low = text.toLowerCase();
    return this.words.every((word) => low.includes(word));
  },
  eventsOf(node) {
    return this.nodeEvents.get(node) || [];
  },
  /** A lane of faults, alerts or games is shown if its name, a band, or an event about it is. */
  showsLane(lane) {
    if (this.words.length === 0) return true;
    return this.matchesText(`${lane.group} ${lane.title}`) || lane.bands.some((band) => this.matchesText(`${lane.title} ${band[3]}`)) ||
      (lane.group === "games" && this.shownGames.has(lane.title));
  },
  select(event, reveal) {
    this.selected = event;
    if (event && reveal && (event.t < this.from || event.t > this.to)) this.centre(event.t, this.to - this.from);
    if (event) this.page = Math.floor(Math.max(0, firstAt(this.shown, event.t)) / pageSize);
    showDetail(this);
    showTable(this);
    this.changed();
  },
  centre(t, width) {
    this.show(t - width / 2, t + width / 2);
  },
  show(from, to) {
    const width = Math.min(Math.max(to - from, 1000), length * 1.1);
    const low = -length * 0.05;
    const high = length * 1.05;
    this.from = Math.min(Math.max(from, low), high - width);
    this.to = this.from + width;
    this.changed();
  },
  zoom(factor, t = (this.from + this.to) / 2) {
    this.show(t - (t - this.from) * factor, t + (this.to - t) * factor);
  },
  fit() {
    this.show(-length * 0.01, length * 1.01);
  },
  jump(index) {
    if (violations.length === 0) return;
    this.jumpIndex = (index + violations.length) % violations.length;
    const violation = violations[this.jumpIndex];
    this.centre(violation.t, Math.min(this.to - this.from, Math.max(length / 6, 2e10)));
    if (byId.has(violation.event)) this.select(byId.get(violation.event), false);
  },
  changed() {
    requestDraw();
    keepInAddress();
  },
};

/** Applies filter and switch: which events, nodes and lanes are shown. */
function refilter() {
  view.words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter((word) => word);
  view.periodic = document.getElementById("periodic").checked;
  view.shown = data.events.filter((event) => (view.periodic || !event.periodic) &&
    (view.words.length === 0 || view.matchesText(`${event.node} ${event.event} ${fieldsText(event)}`)));
  view.nodeEvents = new Map();
  view.shownGames = new Set();
  for (const event of view.shown) {
    if (!view.nodeEvents.has(event.node)) view.nodeEvents.set(event.node, []);
    view.nodeEvents.get(event.node).push(event);
    if (event.fields.game) view.shownGames.add(event.fields.game);
  }
  document.getElementById("count").textContent = `${view.shown.length} of ${data.events.length} events`;
  layOut(view);
  showTable(view);
  view.changed();
}

let drawAsked = false;
function requestDraw() {
  if (drawAsked) return;
  drawAsked = true;
  requestAnimationFrame(() => {
    drawAsked = false;
    draw(view);
  });
}

// The address: #v=from,to&e=event&f=filter&p=1&c=dark, so that a view can be sent to somebody.

let addressTimer = 0;
function keepInAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const state = new URLSearchParams({ v: `${Math.round(view.from)},${Math.round(view.to)}` });
    if (view.selected) state.set("e", view.selected.id);
    if (view.words.length > 0) state.set("f", view.words.join(" "));
    if (view.periodic) state.set("p", "1");
    if (view.theme) state.set("c", view.theme);
    history.replaceState(null, "", `#${state}`);
  }, 300);
}

function readAddress() {
  const state = new URLSearchParams(location.hash.slice(1));
  document.getElementById("filter").value = state.get("f") || "";
  document.getElementById("periodic").checked = state.get("p") === "1";
  setTheme(["light", "dark"].includes(state.get("c")) ? state.get("c") : "");
  refilter();
  const [from, to] = (state.get("v") || "").split(",").map(Number);
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) view.show(from, to);
  else view.fit();
  const firstBad = violations.length > 0 ? violations[0].event : undefined;
  view.select(byId.get(Number(state.get("e")) || firstBad), false);
}

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
function setTheme(theme) {
  view.theme = theme;
  document.documentElement.dataset.theme = theme || (prefersDark.matches ? "dark" : "light");
  document.getElementById("theme").textContent = { "": "◐ auto", light: "☀ light", dark: "☾ dark" }[theme];
  readColours();
  view.changed();
}

// Hands.

function placeTip(event, text) {
  const tip = document.getElementById("tip");
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 6))}px`;
  tip.style.top = `${event.clientY + 16 + box.height < innerHeight ? event.clientY + 16 : Math.max(4, event.clientY - box.height - 12)}px`;
}

let drag;
canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  const onMap = event.offsetY < mapHeight && event.offsetX >= labelWidth;
  drag = { x: event.offsetX, y: event.offsetY, from: view.from, to: view.to, top: scroller.scrollTop, onMap, moved: false };
  if (onMap) moveMap(event.offsetX);
});

function moveMap(x) {
  view.centre(((x - labelWidth) / (view.width - labelWidth - 8)) * length, view.to - view.from);
}

canvas.addEventListener("pointermove", (event) => {
  if (!drag) {
    placeTip(event, tipText(hit(view, event.offsetX, event.offsetY)));
    return;
  }
  drag.moved ||= Math.abs(event.offsetX - drag.x) + Math.abs(event.offsetY - drag.y) > 4;
  if (!drag.moved) return;
  placeTip(event, "");
  if (drag.onMap) {
    moveMap(event.offsetX);
    return;
  }
  const shift = ((drag.x - event.offsetX) * (drag.to - drag.from)) / (view.width - labelWidth - 8);
  view.show(drag.from + shift, drag.to + shift);
  scroller.scrollTop = drag.top + drag.y - event.offsetY;
});

canvas.addEventListener("pointerup", (event) => {
  const clicked = drag && !drag.moved && !drag.onMap;
  drag = undefined;
  if (!clicked) return;
  const found = hit(view, event.offsetX, event.offsetY);
  const chosen = found && (found.event || (found.band && (byId.get(found.band[4]) || byId.get(found.band[5]))));
  view.select(chosen, false);
});
canvas.addEventListener("pointercancel", () => (drag = undefined));
canvas.addEventListener("pointerleave", (event) => placeTip(event, ""));

canvas.addEventListener("wheel", (event) => {
  if (event.offsetX < labelWidth) return;  // over the names, the wheel scrolls
  event.preventDefault();
  const unit = event.deltaMode === 1 ? 16 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    const shift = ((event.deltaX || event.deltaY) * unit * (view.to - view.from)) / view.width;
    view.show(view.from + shift, view.to + shift);
  } else {
    view.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * unit * 0.0022))), timeAt(view, event.offsetX));
  }
}, { passive: false });

function step(direction) {
  if (view.shown.length === 0) return;
  let index = view.selected ? view.shown.indexOf(view.selected) : -1;
  if (index < 0) index = firstAt(view.shown, view.selected ? view.selected.t : view.from) - (direction > 0 ? 1 : 0);
  view.select(view.shown[Math.min(Math.max(index + direction, 0), view.shown.length - 1)], true);
}

function pan(part) {
  const shift = (view.to - view.from) * part;
  view.show(view.from + shift, view.to + shift);
}

const keys = {
  "+": () => view.zoom(1 / 1.5), "=": () => view.zoom(1 / 1.5), "-": () => view.zoom(1.5), 0: () => view.fit(),
  n: () => view.jump(view.jumpIndex + 1), p: () => view.jump(view.jumpIndex < 0 ? -1 : view.jumpIndex - 1),
  ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15), ",": () => step(-1), ".": () => step(1),
  w: () => view.selected && byId.has(view.selected.cause) && view.select(byId.get(view.selected.cause), true),
  f: () => document.getElementById("filter").focus(), "/": () => document.getElementById("filter").focus(),
  Escape: () => view.select(undefined, false),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.tagName === "INPUT") {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const onClick = (id, act) => document.getElementById(id).addEventListener("click", act);
onClick("zoom-in", keys["+"]);
onClick("zoom-out", keys["-"]);
onClick("fit", keys[0]);
onClick("previous", keys.p);
onClick("next", keys.n);
onClick("theme", () => setTheme({ "": "light", light: "dark", dark: "" }[view.theme]));
onClick("page-back", () => { view.page -= 1; showTable(view); });
onClick("page-on", () => { view.page += 1; showTable(view); });
document.getElementById("filter").addEventListener("input", refilter);
document.getElementById("periodic").addEventListener("change", refilter);
document.getElementById("table-pane").addEventListener("toggle", () => showTable(view));
scroller.addEventListener("scroll", requestDraw);
new ResizeObserver(requestDraw).observe(scroller);
prefersDark.addEventListener("change", () => setTheme(view.theme));
addEventListener("hashchange", readAddress);

for (const id of ["previous", "next"]) document.getElementById(id).disabled = violations.length === 0;
canvas.setAttribute("aria-label",
  `Timeline of ${data.events.length} events on ${data.nodes.length} nodes with ${violations.length} violations; the same events are in the table below.`);
showHeader(view);
readAddress();
