// What a server adds to a form: its problems and its plan while one types, and buttons that launch.
// It starts nothing itself: the server prepares a request, and this page sends it to Dagster's own API.
"use strict";

(function () {
  const { element, fill, byId } = MlAssets;
  const { server, environments } = MlAssets.document;
  const PAUSE = 400; // milliseconds after the last change until the server is asked
  const MOST_ROWS = 100;
  const JSON_TYPE = { "Content-Type": "application/json" };
  const usual = environments.find((place) => place.is_default);
  const told = element("p", { class: "small", role: "status" });
  const launches = element("ul", { class: "launches" });
  const why = element("p", { id: "why-not", class: "small bad" });
  const sweep = server.sweep ? sweepBox(server.sweep) : null;
  const buttons = { run: button("Launch run", () => body()), sweep: sweep ? button("Launch sweep", () => body("sweep")) : null };
  let detail = null; // what was typed last
  let asking = null; // what aborts the question that is under way
  let timer = null;
  let problems = [];
  let busy = false;

  if (sweep) sweep.root.append(buttons.sweep);
  byId("actions").querySelectorAll("a.primary").forEach((link) => link.classList.remove("primary"));
  document.querySelector(".page-head").append(element(
    "nav", { "aria-label": "Other pages", class: "small links" },
    element("a", { href: server.index, text: "All pipelines" }), element("a", { href: server.job, text: "The job in Dagster" }),
  ));
  byId("actions").prepend(buttons.run, why, told, launches, ...(sweep ? [sweep.root] : []));
  document.addEventListener("ml-assets:change", (event) => { detail = event.detail; changed(); });
  MlAssets.form.refresh();

  function button(text, asked) {
    const made = element("button", { type: "button", class: "primary", "aria-describedby": "why-not" }, text);
    made.addEventListener("click", () => launch(asked()));
    return made;
  }

  /** The axes of a sweep, and how they are tried. */
  function sweepBox({ searches, metrics }) {
    const axes = element("textarea", { id: "sweep-axes", rows: "3", spellcheck: "false", class: "mono", "aria-describedby": "sweep-hint" });
    const search = menu("sweep-search", searches);
    const metric = menu("sweep-metric", metrics);
    const trials = element("input", { id: "sweep-trials", type: "number", min: "1", value: "30" });
    const trialsRow = row("sweep-trials", "Trials at most", trials);
    const hint = element("p", { id: "sweep-hint", class: "hint", text: "A line for each parameter: NAME=VALUES with commas between, or LOW..HIGH. Several days are tried one by one, up to the last." });
    const root = element(
      "details", { class: "sweep" }, element("summary", { text: "Sweep: many values, ranked" }),
      row("sweep-axes", "What varies", axes), hint, row("sweep-search", "Search", search), trialsRow, row("sweep-metric", "Ranked by", metric),
    );
    trialsRow.hidden = true;
    search.addEventListener("change", () => { trialsRow.hidden = search.value === "grid"; });
    root.addEventListener("toggle", () => again(axes.value));
    for (const input of [axes, search, metric, trials]) input.addEventListener("input", () => again(true));
    return { root, axes, value: () => values(axes, search, metric, trials) };
  }

  /** What was told of the sweep before is told no more. */
  function again(matters) {
    if (!matters || !detail) return;
    MlAssets.form.setProblems([]);
    changed();
  }

  function values(axes, search, metric, trials) {
    const lines = axes.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const own = { grid: lines, search: search.value, metric: metric.value };
    return search.value === "grid" ? own : { ...own, trials: Number(trials.value) };
  }

  function menu(id, names) {
    return element("select", { id }, ...names.map((name) => element("option", { value: name, text: name })));
  }

  function row(id, label, input) {
    return element("div", { class: "sweep-row" }, element("label", { for: id, text: label }), input);
  }

  function isSweep() {
    return Boolean(sweep && sweep.root.open && sweep.axes.value.trim());
  }

  function isSeveral() {
    return Boolean(detail && detail.as_of && typeof detail.as_of === "object");
  }

  /** What is asked of the server. */
  function body(kind) {
    const days = isSeveral() ? detail.as_of : { as_of: detail.as_of };
    const place = detail.environment === usual.name ? {} : { environment: detail.environment };
    const own = kind === "sweep" ? { sweep: sweep.value() } : {};
    return { parameters: detail.parameters, ...days, ...place, ...own };
  }

  function changed() {
    if (!detail) return;
    if (asking) asking.abort();
    clearTimeout(timer);
    problems = detail.problems;
    fill(byId("plan"));
    draw();
    if (!problems.length) timer = setTimeout(ask, PAUSE);
  }

  /** Ask for problems, then for the plan; the answer to a question that is no longer asked is ignored. */
  async function ask() {
    const mine = new AbortController();
    asking = mine;
    const asked = body(isSweep() ? "sweep" : "");
    try {
      const found = (await post(`${server.api}/check`, asked, mine.signal)).problems;
      if (mine.signal.aborted) return;
      tell(found);
      if (found.length) return;
      fill(byId("plan"), element("p", { class: "small muted", text: "Looking what is stored…" }));
      const plan = await post(`${server.api}/plan`, asked, mine.signal);
      if (!mine.signal.aborted) fill(byId("plan"), plan.problems ? lines(plan.problems) : planned(plan));
    } catch (error) {
      if (!mine.signal.aborted) fill(byId("plan"), lines([{ message: error.message }]));
    }
  }

  function tell(found) {
    problems = found;
    MlAssets.form.setProblems(found);
    draw();
  }

  function lines(found) {
    return found.map(({ message }) => element("p", { class: "small bad", text: message }));
  }

  function planned(plan) {
    const counts = Object.entries(plan.counts).filter(([, count]) => count).map(([state, count]) => `${count} ${state}`).join(", ");
    const rows = plan.days.slice(0, MOST_ROWS).map((day) => element(
      "tr", {}, element("th", { scope: "row", text: day.as_of }), element("td", {}, day.trial ? element("span", { class: "mono", text: `${day.trial} ` }) : null, day.state),
      element("td", {}, ...day.why.map((text) => element("div", { text }))),
    ));
    const head = element("tr", {}, ...["as_of", "plan", "why"].map((text) => element("th", { scope: "col", text })));
    const more = plan.days.length > MOST_ROWS ? element("p", { class: "small muted", text: `and ${plan.days.length - MOST_ROWS} more` }) : null;
    const table = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "The plan, day by day" }, element("table", { class: "small" }, element("thead", {}, head), element("tbody", {}, ...rows)));
    const whys = plan.days.some((day) => day.why.length);
    return [
      element("h3", { text: `Plan: ${counts || "nothing"} in ${plan.environment}` }),
      element("p", { class: "small", text: `${plan.time}.` }),
      ...lines(plan.over_budget.map((message) => ({ message }))),
      element("details", { open: whys && plan.days.length === 1 }, element("summary", { text: "Day by day" }), table, more),
    ];
  }

  function draw() {
    const kind = isSeveral() ? "backfill" : "run";
    const refused = server.refused[kind];
    const off = busy || problems.length > 0;
    buttons.run.textContent = isSeveral() ? "Launch backfill" : "Launch run";
    buttons.run.disabled = Boolean(refused) || off;
    if (buttons.sweep) buttons.sweep.disabled = Boolean(server.refused.run) || off || !isSweep();
    why.textContent = refused || "";
    why.hidden = !refused;
  }

  /** Have it prepared, send it to Dagster, and tell what came of it. */
  async function launch(asked) {
    busy = true;
    draw();
    told.textContent = "Launching…";
    try {
      const prepared = await post(`${server.api}/prepare`, asked);
      if (prepared.problems) return refuse(prepared.problems);
      const kind = prepared.kind === "backfill" ? "backfill" : "run";
      const answer = await post(server.graphql, prepared.request);
      const outcome = await post(`${server.api}/outcome`, { kind, answer });
      if (outcome.problems) return refuse(outcome.problems);
      launched(prepared.kind, outcome);
    } catch (error) {
      told.textContent = `${error.message} Look at the runs before you launch again.`;
    } finally {
      busy = false;
      draw();
    }
  }

  function refuse(found) {
    told.textContent = found.length === 1 ? "Refused. Nothing was started." : `Refused: ${found.length} problems. Nothing was started.`;
    tell(found);
  }

  function launched(kind, { id, page }) {
    const names = { run: "Run", backfill: "Backfill", sweep: "Sweep, run" };
    told.textContent = "Launched.";
    launches.prepend(element("li", {}, element("a", { href: page, target: "_blank", rel: "noopener", text: `${names[kind]} ${id.slice(0, 8)}` })));
  }

  /** The JSON that the server answers, also where it refuses; an error where it cannot be asked. */
  async function post(url, value, signal) {
    let response;
    try {
      response = await fetch(url, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(value), signal });
      return await response.json();
    } catch {
      throw new Error(response ? `The server answers with HTTP ${response.status}.` : "The server cannot be reached.");
    }
  }
})();
