// The drawing: rows, their bands and ticks, and what is under the pointer.

const canvas = document.getElementById("canvas");
const scroller = document.getElementById("scroller");
const pen = canvas.getContext("2d");
const labelWidth = 176;
const mapHeight = 22;
const axisHeight = 22;
const headHeight = mapHeight + axisHeight + 4;
const rowHeights = { title: 22, fault: 18, alert: 18, process: 10, status: 18, link: 12, mode: 12, game: 20 };
const stateColours = {
  running: "running", frozen: "frozen", down: "down", starting: "starting", healthy: "healthy",
  degraded: "degraded", unhealthy: "unhealthy", dead: "dead", recovered: "recovered", ready: "ready",
  lost: "lost", given_up: "down", connecting: "connecting", fault: "fault", alert: "alert",
};
/** States that are striped as well, so that nobody needs the colour. */
const striped = new Set(["frozen", "down", "unhealthy", "dead", "lost", "given_up", "fault"]);
/** Dark grey: words in it are white. */
const dark = new Set(["down", "given_up"]);
const letters = { dead: "X", given_up: "G", lost: "L", frozen: "F" };

let colours = {};
let stripes = new Map();
let rows = [];
let contentHeight = 0;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["back", "panel", "text", "soft", "line", "faint", "accent", "bad", "warn", "select", "ink", "mode",
    ...new Set(Object.values(stateColours))];
  colours = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  colours.owners = Array.from({ length: 8 }, (_, i) => style.getPropertyValue(`--owner-${i}`).trim());
  stripes = new Map();
}

function stripe(colour, ground) {
  const key = `${colour}/${ground}`;
  if (!stripes.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const brush = tile.getContext("2d");
    brush.fillStyle = ground;
    brush.fillRect(0, 0, 8, 8);
    brush.strokeStyle = colour;
    brush.lineWidth = 2.5;
    brush.beginPath();
    for (const shift of [-8, 0, 8]) {
      brush.moveTo(shift - 2, 10);
      brush.lineTo(shift + 10, -2);
    }
    brush.stroke();
    stripes.set(key, pen.createPattern(tile, "repeat"));
  }
  return stripes.get(key);
}

/** The colour of a shard in the game rows, by the name its label begins with. */
function ownerColour(label) {
  const index = data.owners.indexOf(label.split(" ")[0]);
  return colours.owners[Math.max(0, index) % colours.owners.length];
}

/** Rows for what the filter shows: faults, alerts, each node, the games. */
function layOut(view) {
  rows = [];
  let y = headHeight;
  const add = (row, kind) => {
    row.y = y;
    row.height = rowHeights[kind] || 14;
    rows.push(row);
    y += row.height + (kind === "game" ? 3 : 2);
  };
  const lanes = (group) => data.lanes.filter((lane) => lane.group === group);
  const section = (group, title) => {
    const shown = lanes(group).filter((lane) => view.showsLane(lane));
    if (shown.length === 0) return;
    y += 6;
    shown.forEach((lane, i) => add({ lane, label: i === 0 ? title : "", strong: true }, lane.kind));
  };
  section("faults", "Faults");
  section("alerts", "Alerts");
  for (const node of data.nodes) {
    const events = view.eventsOf(node);
    const own = lanes(node);
    if (events.length === 0 && (own.length === 0 || !view.matchesText(node))) continue;
    y += 6;
    add({ node, events, label: node, strong: true }, "title");
    for (const lane of own) add({ lane, label: lane.title, indent: true }, lane.kind);
  }
  const games = lanes("games").filter((lane) => view.showsLane(lane));
  if (games.length > 0) {
    y += 10;
    games.forEach((lane) => add({ lane, label: lane.title }, "game"));
  }
  contentHeight = y + 12;
}

function xOf(view, t) {
  return labelWidth + ((t - view.from) / (view.to - view.from)) * (view.width - labelWidth - 8);
}

function timeAt(view, x) {
  return view.from + ((x - labelWidth) / (view.width - labelWidth - 8)) * (view.to - view.from);
}

function clippedText(text, x, y, width) {
  if (width < 7) return;
  let shown = text;
  if (pen.measureText(shown).width > width) {
    let low = 0;
    let high = shown.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    shown = low > 1 ? `${text.slice(0, low)}…` : text.slice(0, 1);
  }
  pen.fillText(shown, x, y);
}

function bandStyle(lane, band) {
  const [, , kind, label] = band;
  if (lane.kind === "mode") return { fill: colours.mode, text: label };
  if (lane.kind === "game") return { fill: ownerColour(label), text: label };
  const colour = colours[stateColours[kind]] || colours.connecting;
  const fill = striped.has(kind) ? stripe(`${colours.ink}40`, colour) : colour;
  return { fill, text: label, letter: letters[kind] || kind.slice(0, 1).toUpperCase() };
}

/** Where the words of an emitting band begin: right of a doubled part that would hide them. */
function wordsFrom(view, row, band, x) {
  const hidden = row.lane.bands.filter((other) => other[2] === "double" && other[0] <= band[0] && other[1] > band[0]);
  return hidden.reduce((at, other) => Math.max(at, xOf(view, other[1])), x);
}

function drawGameBand(view, row, band, x, width) {
  const colour = ownerColour(band[3]);
  const bottom = row.y + row.height;
  if (band[2] === "owner") {
    pen.fillStyle = colour;
    pen.fillRect(x, bottom - 3, width, 3);
    return;
  }
  if (band[2] === "warm") {
    pen.globalAlpha = 0.28;
    pen.fillStyle = colour;
    pen.fillRect(x, row.y + 3, width, row.height - 8);
    pen.globalAlpha = 1;
    return;
  }
  if (band[2] === "double") {
    pen.fillStyle = stripe(colours.bad, colours.panel);
    pen.fillRect(x, row.y, width, row.height - 5);
    pen.strokeStyle = colours.bad;
    pen.lineWidth = 1.5;
    pen.strokeRect(x, row.y, width, row.height - 5);
    return;
  }
  pen.fillStyle = colour;
  pen.fillRect(x, row.y, width, row.height - 5);
  pen.fillStyle = "#fff";
  const at = wordsFrom(view, row, band, x);
  clippedText(band[3], at + 4, row.y + row.height / 2 - 2, x + width - at - 8);
}

function drawBands(view, row) {
  // A short outage must not vanish under what followed it: what is striped is drawn last.
  const bad = row.lane.kind === "game" ? [] : row.lane.bands.filter((band) => striped.has(band[2]));
  drawThese(view, row, bad.length > 0 ? row.lane.bands.filter((band) => !striped.has(band[2])) : row.lane.bands);
  drawThese(view, row, bad);
}

function drawThese(view, row, bands) {
  const right = view.width - 8;
  let lastX = -1;
  for (const band of bands) {
    if (band[1] < view.from || band[0] > view.to) continue;
    const from = Math.max(labelWidth, xOf(view, band[0]));
    const to = Math.min(right, xOf(view, band[1]));
    const width = Math.max(to - from, 1.5);
    // Many bands in one pixel are one mark; what is doubled is always drawn.
    if (width <= 1.5 && from - lastX < 1 && band[2] !== "double") continue;
    lastX = from;
    if (row.lane.kind === "game") {
      drawGameBand(view, row, band, from, width);
      continue;
    }
    const style = bandStyle(row.lane, band);
    pen.fillStyle = style.fill;
    pen.fillRect(from, row.y, width, row.height);
    if (row.height < 12) continue;
    pen.fillStyle = dark.has(band[2]) ? "#fff" : colours.ink;
    const fits = pen.measureText(style.text).width < width - 8;
    const text = fits || !style.letter || row.lane.kind === "fault" ? style.text : style.letter;
    clippedText(text, from + 4, row.y + row.height / 2, width - 6);
  }
}

function drawTicks(view, row) {
  const tickColours = [colours.connecting, colours.soft, colours.warn, colours.bad];
  const heights = [6, 10, 14, 18];
  const middle = row.y + row.height / 2;
  pen.fillStyle = colours.faint;
  pen.fillRect(labelWidth, row.y, view.width - labelWidth - 8, row.height);
  // The loudest event of a pixel stands for all of them.
  const loudest = new Map();
  const events = row.events;
  for (let i = firstAt(events, view.from); i < events.length && events[i].t <= view.to; ++i) {
    const x = Math.round(xOf(view, events[i].t));
    if ((loudest.get(x) ?? -1) < events[i].level) loudest.set(x, events[i].level);
  }
  for (const [x, level] of loudest) {
    pen.fillStyle = tickColours[level];
    pen.fillRect(x - 1, middle - heights[level] / 2, 2, heights[level]);
  }
}

const axisSteps = [];
for (let power = 1; power <= 1e9; power *= 10) axisSteps.push(power, 2 * power, 5 * power);
for (const s of [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400]) axisSteps.push(s * 1e9);

function drawAxis(view) {
  const perPixel = (view.to - view.from) / Math.max(1, view.width - labelWidth);
  const step = axisSteps.find((candidate) => candidate / perPixel >= 90) || axisSteps[axisSteps.length - 1];
  const y = mapHeight + axisHeight;
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.fillStyle = colours.soft;
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    const x = Math.round(xOf(view, t)) + 0.5;
    pen.beginPath();
    pen.moveTo(x, y - 4);
    pen.lineTo(x, view.height);
    pen.stroke();
    const words = timeText(t, Math.min(step, 1e9));
    if (x + 3 + pen.measureText(words).width < view.width) pen.fillText(words, x + 3, y - 10);
  }
}

/** The whole run in a strip: faults, violations, and the part that is shown below. */
function drawMap(view) {
  const width = view.width - labelWidth - 8;
  const x = (t) => labelWidth + (t / length) * width;
  pen.fillStyle = colours.faint;
  pen.fillRect(labelWidth, 0, width, mapHeight);
  for (const lane of data.lanes) {
    if (lane.group !== "faults" && lane.group !== "alerts") continue;
    pen.fillStyle = lane.group === "faults" ? colours.fault : colours.alert;
    const y = lane.group === "faults" ? 3 : 12;
    for (const band of lane.bands) pen.fillRect(x(band[0]), y, Math.max(2, x(band[1]) - x(band[0])), 7);
  }
  pen.fillStyle = colours.bad;
  for (const violation of violations) pen.fillRect(x(violation.t) - 1, 0, 3, mapHeight);
  pen.strokeStyle = colours.select;
  pen.lineWidth = 1.5;
  pen.strokeRect(x(view.from), 0.75, Math.max(3, x(view.to) - x(view.from)), mapHeight - 1.5);
}

function drawViolations(view) {
  for (const violation of violations) {
    if (violation.t < view.from || violation.t > view.to) continue;
    const x = Math.round(xOf(view, violation.t)) + 0.5;
    pen.strokeStyle = colours.bad;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(x, headHeight);
    pen.lineTo(x, view.height);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = colours.bad;
    pen.beginPath();
    pen.moveTo(x - 6, mapHeight + axisHeight - 6);
    pen.lineTo(x + 6, mapHeight + axisHeight - 6);
    pen.lineTo(x, mapHeight + axisHeight + 5);
    pen.fill();
  }
}

/** The selected event with the way that led to it, across the nodes. */
function drawSelection(view, shift) {
  if (!view.selected) return;
  const points = causesOf(view.selected).map((event) => {
    const row = rows.find((candidate) => candidate.node === event.node);
    return row && [xOf(view, event.t), row.y + row.height / 2 - shift];
  }).filter((point) => point);
  pen.strokeStyle = colours.select;
  pen.fillStyle = colours.select;
  pen.lineWidth = 1.5;
  pen.beginPath();
  points.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
  pen.stroke();
  points.forEach(([x, y], i) => {
    pen.beginPath();
    pen.arc(x, y, i === points.length - 1 ? 5 : 3, 0, 7);
    pen.fill();
  });
}

function draw(view) {
  const ratio = window.devicePixelRatio || 1;
  view.width = scroller.clientWidth;
  view.height = scroller.clientHeight;
  if (canvas.width !== Math.round(view.width * ratio) || canvas.height !== Math.round(view.height * ratio)) {
    canvas.width = Math.round(view.width * ratio);
    canvas.height = Math.round(view.height * ratio);
    canvas.style.height = `${view.height}px`;
  }
  document.getElementById("spacer").style.height = `${contentHeight}px`;
  const shift = scroller.scrollTop;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.back;
  pen.fillRect(0, 0, view.width, view.height);
  pen.textBaseline = "middle";
  pen.font = '12px system-ui, "DejaVu Sans", sans-serif';
  drawAxis(view);
  pen.save();
  pen.beginPath();
  pen.rect(0, headHeight, view.width, view.height - headHeight);
  pen.clip();
  pen.translate(0, -shift);
  for (const row of rows) {
    if (row.y + row.height < shift + headHeight || row.y > shift + view.height) continue;
    pen.font = `${row.strong ? "600 " : ""}${row.height < 14 ? 10.5 : 12}px system-ui, "DejaVu Sans", sans-serif`;
    pen.fillStyle = row.strong ? colours.text : colours.soft;
    const indent = row.indent ? 22 : 10;
    clippedText(row.label, indent, row.y + row.height / 2, labelWidth - indent - 8);
    pen.font = '11.5px system-ui, "DejaVu Sans", sans-serif';
    if (row.events) drawTicks(view, row);
    else drawBands(view, row);
  }
  pen.restore();
  drawMap(view);
  drawViolations(view);
  pen.save();
  pen.beginPath();
  pen.rect(labelWidth, headHeight, view.width - labelWidth, view.height - headHeight);
  pen.clip();
  drawSelection(view, shift);
  pen.restore();
}

/** What is under a point: {row, event} or {row, band}, or nothing. */
function hit(view, x, y) {
  const row = y < headHeight ? undefined
    : rows.find((candidate) => y + scroller.scrollTop >= candidate.y && y + scroller.scrollTop < candidate.y + candidate.height);
  if (!row) return undefined;
  if (x < labelWidth) return { row };
  const t = timeAt(view, x);
  if (row.events) {
    const reach = (5 * (view.to - view.from)) / view.width;
    let best;
    for (let i = firstAt(row.events, t - reach); i < row.events.length && row.events[i].t <= t + reach; ++i) {
      const event = row.events[i];
      const better = !best || event.level > best.level ||
        (event.level === best.level && Math.abs(event.t - t) < Math.abs(best.t - t));
      if (better) best = event;
    }
    return { row, event: best };
  }
  // The last one is the topmost.
  const slack = (1.5 * (view.to - view.from)) / view.width;
  const band = row.lane.bands.findLast((candidate) => candidate[0] - slack <= t && t <= candidate[1] + slack);
  return { row, band };
}
