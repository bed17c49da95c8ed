// What the run recorded, and how its values are written for people.

const data = JSON.parse(document.getElementById("data").textContent);
const startNs = BigInt(data.from_ns);
const isWall = data.header.clock === "wall";
const periodicNames = new Set(data.periodic);
const severities = ["debug", "info", "warning", "critical"];

/** Events by id; a cause that is not in the file has none. */
const byId = new Map();
/** Direct effects by the id of their cause. */
const effectsOf = new Map();
data.events.forEach((event, index) => {
  event.index = index;
  event.t = event.t_ns;
  event.periodic = periodicNames.has(event.event);
  event.level = Math.max(0, severities.indexOf(event.severity));
  if (!byId.has(event.id)) byId.set(event.id, event);
  if (event.cause) {
    if (!effectsOf.has(event.cause)) effectsOf.set(event.cause, []);
    effectsOf.get(event.cause).push(event);
  }
});

const violations = data.end.violations.slice().sort((a, b) => a.t - b.t);
const length = Math.max(data.length, 1);

/** An id as the text grid has it: the number of its recorder, and of the event among those. */
function idText(id) {
  const counters = 2 ** 33;
  return id < counters ? String(id) : `${Math.floor(id / counters)}:${id % counters}`;
}

/** Milliseconds of a `_ms` field as people say them. */
function spanText(ms) {
  const size = Math.abs(ms);
  if (size >= 1000) return `${+(ms / 1000).toPrecision(12)}s`;
  if (size >= 1 || size === 0) return `${ms}ms`;
  return `${+(ms * 1000).toPrecision(9)}us`;
}

function valueText(name, value) {
  if (Array.isArray(value)) return value.length > 8 ? `(${value.length})` : `[${value.join(",")}]`;
  if (typeof value === "number" && name.endsWith("_ms")) return spanText(value);
  if (typeof value === "number" && name.endsWith("_ns")) return `@${value / 1e9}s`;
  return value === "" ? '""' : String(value);
}

/** The fields on one line: `shard=shard-1 silent=60s`. */
function fieldsText(event) {
  return Object.entries(event.fields)
    .map(([name, value]) => `${name.replace(/_[mn]s$/, "")}=${valueText(name, value)}`)
    .join(" ");
}

/** A moment, with as many decimals as steps of `stepNs` need. */
function timeText(t, stepNs = 1e6) {
  const decimals = Math.max(0, Math.min(9, Math.ceil(9 - Math.log10(stepNs) - 1e-9)));
  if (!isWall) return `${(t / 1e9).toFixed(decimals)}s`;
  const ns = startNs + BigInt(Math.round(t));
  const fraction = (ns % 1000000000n).toString().padStart(9, "0").slice(0, decimals);
  const clock = new Date(Number(ns / 1000000n)).toISOString().slice(11, 19);
  return fraction ? `${clock}.${fraction}` : clock;
}

/** The event as its file has it, with the file's own time. */
function originalJson(event) {
  const { index, t, periodic, level, ...kept } = event;
  const mark = "@t_ns@";
  // As text: a wall time in nanoseconds is more than a number here can hold.
  return JSON.stringify({ ...kept, t_ns: mark }, null, 1)
    .replace(`"${mark}"`, (startNs + BigInt(t)).toString());
}

/** From the root cause down to the event. A ring of causes, which no right file has, ends it. */
function causesOf(event) {
  const chain = [event];
  const seen = new Set([event]);
  for (let at = byId.get(event.cause); at && !seen.has(at); at = byId.get(at.cause)) {
    chain.unshift(at);
    seen.add(at);
  }
  return chain;
}

/** Index of the first event at or after `t`, in a list ordered by time. */
function firstAt(events, t) {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].t < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
