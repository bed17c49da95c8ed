// The texts around the drawing. All of them are set as text: nothing an event says becomes markup.

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function button(text, click, attributes = {}) {
  const made = element("button", text, { type: "button", ...attributes });
  made.addEventListener("click", click);
  return made;
}

/** Who made the file, how it was judged, how to make it again. */
function showHeader(view) {
  const { header, end } = data;
  const name = header.title || header.scenario || header.program || "Timeline";
  const verdict = end.verdict || "not judged";
  document.title = `${verdict.toUpperCase()} ${header.scenario || name}`;
  document.getElementById("title").textContent = name;
  const badge = document.getElementById("verdict");
  badge.textContent = verdict.toUpperCase();
  if (verdict === "pass" || verdict === "fail") badge.classList.add(verdict);
  const shownElsewhere = new Set(["schema", "schema_version", "clock", "title", "repro", "program", "build"]);
  const facts = Object.entries(header).filter(([key]) => !shownElsewhere.has(key));
  if (end.digest) facts.push(["digest", end.digest]);
  facts.push([isWall ? "from" : "clock", isWall ? new Date(Number(startNs / 1000000n)).toISOString() : "virtual"]);
  facts.push(["length", spanText(Math.round(data.length / 1e6))], ["events", String(data.events.length)]);
  facts.push(["made by", `${header.program} ${header.build}`.trim()]);
  for (const [key, value] of facts) {
    const pair = element("div");
    pair.append(element("dt", key), element("dd", value));
    document.getElementById("facts").append(pair);
  }
  if (verdict === "pass" && violations.length > 0) {
    document.getElementById("violations").append(element("li", "Violated, as the scenario expects of this policy:"));
  }
  violations.forEach((violation, i) => {
    const item = element("li");
    item.append(button(`✖ ${violation.invariant} at ${timeText(violation.t)}: ${violation.text}`, () => view.jump(i)));
    document.getElementById("violations").append(item);
  });
  for (const warning of data.warnings) document.getElementById("warnings").append(element("li", `⚠ ${warning}`));
  showExpectations(end.expectations);
  if (header.repro) {
    const repro = document.getElementById("repro");
    repro.hidden = false;
    repro.querySelector("code").textContent = header.repro;
    repro.querySelector("button").addEventListener("click", () => navigator.clipboard?.writeText(header.repro));
  }
}

function showExpectations(expectations) {
  if (expectations.length === 0) return;
  const pane = document.getElementById("expectations");
  const failed = expectations.filter((one) => one.status !== "pass").length;
  pane.hidden = false;
  pane.open = failed > 0;
  pane.querySelector("summary").textContent =
    failed > 0 ? `${failed} of ${expectations.length} expectations failed` : `${expectations.length} expectations hold`;
  for (const { text, status } of expectations) {
    const item = element("li");
    item.append(element("span", status, { class: status === "pass" ? "pass" : "fail" }), element("span", text));
    pane.querySelector("ul").append(item);
  }
}

function eventList(view, events, here) {
  const list = element("ol");
  for (const event of events) {
    const item = element("li");
    const link = button("", () => view.select(event, true), event === here ? { class: "here", "aria-current": "true" } : {});
    link.append(element("small", `${timeText(event.t)}  ${event.node}`));
    link.append(element("span", event.event, { class: event.severity }), element("span", ` ${fieldsText(event)}`));
    item.append(link);
    list.append(item);
  }
  return list;
}

/** The selected event: what it says, why it came, what came of it. */
function showDetail(view) {
  const pane = document.getElementById("detail");
  const event = view.selected;
  pane.replaceChildren();
  if (!event) {
    pane.append(element("h2", "Nothing selected"), element("p", "Click an event or a band to see what it says and why it came."));
    return;
  }
  pane.append(element("h2", event.event, { class: event.severity }));
  pane.append(element("p", `${timeText(event.t, 1)} on ${event.node} · event ${idText(event.id)}`));
  const chain = causesOf(event);
  pane.append(element("h3", "Why?"));
  if (chain.length > 1) pane.append(eventList(view, chain, event));
  else pane.append(element("p", event.cause ? `Its cause, event ${idText(event.cause)}, is not in this file.` : "Nobody caused it: it begins a story."));
  pane.append(element("h3", "What it says"), element("pre", originalJson(event)));
  const effects = effectsOf.get(event.id) || [];
  if (effects.length === 0) return;
  const first = 40;
  pane.append(element("h3", `What came of it (${effects.length})`), eventList(view, effects.slice(0, first)));
  if (effects.length > first) {
    const more = button(`show the other ${effects.length - first}`, () => more.replaceWith(eventList(view, effects.slice(first))));
    pane.append(more);
  }
}

const pageSize = 200;

/** One page of the events that the filter shows, as a table. */
function showTable(view) {
  if (!document.getElementById("table-pane").open) return;
  const events = view.shown;
  const pages = Math.max(1, Math.ceil(events.length / pageSize));
  view.page = Math.min(Math.max(view.page, 0), pages - 1);
  const first = view.page * pageSize;
  const part = events.slice(first, first + pageSize);
  document.getElementById("page-place").textContent =
    events.length === 0 ? "no events" : `${first + 1} to ${first + part.length} of ${events.length}`;
  document.getElementById("page-back").disabled = view.page === 0;
  document.getElementById("page-on").disabled = view.page === pages - 1;
  document.getElementById("rows").replaceChildren(...part.map((event) => {
    const row = element("tr", undefined, event === view.selected ? { class: "here" } : {});
    const name = element("td");
    name.append(button(event.event, () => view.select(event, true)));
    row.append(element("td", timeText(event.t)), element("td", event.node),
      element("td", event.severity, { class: event.severity }), name, element("td", fieldsText(event)));
    return row;
  }));
}

function tipText(found) {
  if (!found) return "";
  if (found.event) return `${timeText(found.event.t)}  ${found.event.node}\n${found.event.event}\n${fieldsText(found.event).replaceAll(" ", "\n")}`;
  if (found.band) {
    const [from, to, kind, label] = found.band;
    const until = to >= length ? "the end" : timeText(to);
    return `${found.row.lane.title || found.row.lane.group}: ${label}${kind === label ? "" : ` (${kind})`}\n` +
      `${timeText(from)} to ${until}, ${spanText(Math.round((to - from) / 1e3) / 1e3)}`;
  }
  return found.row.label;
}
