// The runs as a table: what is the same in all of them is told above it, what differs comes first.
"use strict";

MlAssets.runsList = function (runs, state, cells, where) {
  const { element, fill } = MlAssets;
  const MOST_METRICS = 8; // columns of metrics that are shown where nobody asked for all
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const same = (values) => new Set(values.map((value) => JSON.stringify(value))).size < 2;

  /** The runs of this page, how many there are in all, and what is wrong with the filter. */
  function selection(now) {
    if (!runs.static) return { listed: runs.rows, rows: runs.rows, total: runs.total, problems: runs.problems };
    const { conditions, problems } = where.parse(now.where);
    if (problems.length) return { listed: [], rows: [], total: 0, problems };
    const held = sorted(runs.rows.filter((run) => where.holds(conditions, run)), now);
    const first = (now.page - 1) * runs.page_size;
    return { listed: held, rows: held.slice(first, first + runs.page_size), total: held.length, problems };
  }

  function valueOf(run, name) {
    if (name === "as_of" || name === "run_id") return run[name];
    const value = name in run.parameters ? run.parameters[name] : run.metrics[name];
    return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
  }

  const kind = (value) => ["number", "boolean", "string"].indexOf(typeof value);

  function sorted(rows, { sort, order }) {
    const way = order === "asc" ? 1 : -1;
    const known = rows.filter((run) => valueOf(run, sort) !== undefined);
    known.sort((one, other) => {
      const [left, right] = [valueOf(one, sort), valueOf(other, sort)];
      if (kind(left) !== kind(right)) return way * (kind(left) - kind(right));
      return left < right ? -way : left > right ? way : 0;
    });
    return [...known, ...rows.filter((run) => valueOf(run, sort) === undefined)];
  }

  /** The parameters that differ among the listed runs that use them, and the others with their one value. */
  function split(listed) {
    const valuesOf = (name) => listed.map((run) => run.parameters[name]).filter((value) => value !== undefined);
    const used = runs.fields.filter(({ name }) => valuesOf(name).length);
    const differs = used.filter(({ name }) => runs.differs.includes(name) || !same(valuesOf(name)));
    const constant = used.filter((field) => !differs.includes(field));
    return { differs, constant: constant.map(({ name }) => [name, valuesOf(name)[0]]) };
  }

  function metricsOf(listed, now) {
    const there = runs.metrics.filter(({ name }) => listed.some((run) => name in run.metrics));
    const first = there.filter(({ declared }) => declared).slice(0, MOST_METRICS);
    const few = first.length ? first : there.slice(0, MOST_METRICS);
    return { there, shown: now.all ? there : there.filter((each) => few.includes(each) || each.name === now.sort) };
  }

  function filterForm(now, problems) {
    const input = element("input", { id: "where", name: "where", value: now.where, spellcheck: "false", autocomplete: "off",
      "aria-describedby": "where-help where-problems", "aria-invalid": problems.length ? "true" : null });
    const made = element(
      "form", { class: "filter", role: "search", "aria-label": "Filter runs" },
      element("label", { for: "where", text: "Filter" }),
      element("div", { class: "filter-line" }, input, element("button", { class: "primary", text: "Filter" }),
        now.where ? element("a", { class: "button", id: "clear-filter", href: state.address({ where: "", page: 1 }), text: "Clear" }) : null),
      element("p", { id: "where-help", class: "small muted" }, MlAssets.prose("Conditions with spaces between them, as `ml-assets list --where` takes them: "),
        element("code", { text: example() }), "."),
      element("div", { id: "where-problems", role: "alert" }, ...problems.map((problem) => element("p", { class: "bad" }, cells.plain(problem)))),
    );
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      state.go({ where: input.value.trim().replace(/\s+/g, " "), page: 1 });
    });
    return made;
  }

  function example() {
    const numeric = runs.fields.find(({ container, type }) => !container && type === "int");
    return [numeric ? `${numeric.name}>3` : "", "as_of>=2025-12-01"].filter(Boolean).join(" ");
  }

  function summary(now, { rows, total, problems }) {
    if (problems.length) return "";
    const pages = Math.max(1, Math.ceil(total / runs.page_size));
    const order = now.sort === "as_of" && now.order === "desc" ? "the newest first" : `by ${now.sort}, ${now.order === "asc" ? "smallest" : "largest"} first`;
    return rows.length || !total ? `${count(total, "run")}, ${order}${pages > 1 ? `; page ${now.page.toLocaleString("en")} of ${pages.toLocaleString("en")}` : ""}.`
      : `${count(total, "run")}, and none on page ${now.page}.`;
  }

  function notes(now) {
    const { reading, cut, damaged } = runs;
    return [
      cut ? `This file holds the ${count(runs.rows.length, "newest run")} of ${cut.of.toLocaleString("en")}. Write one with --where to have others.` : "",
      reading ? `Among the ${reading.read.toLocaleString("en")} of ${reading.of.toLocaleString("en")} runs that were read so far; the others are being read.` : "",
      damaged.count ? `${count(damaged.count, "run")} could not be read and ${damaged.count === 1 ? "is" : "are"} not listed. ${damaged.first.join(" ")}` : "",
    ].filter(Boolean).map((text) => element("p", { class: "note" }, cells.plain(text)));
  }

  function constants(constant) {
    if (!constant.length) return null;
    return element("p", { class: "constants" }, "The same in all that use them: ",
      constant.map(([name, value]) => element("span", { class: "chip" }, `${name}=`, cells.plain(cells.text(value)))));
  }

  function header(now, name, more, isNumeric) {
    const isSorted = now.sort === name;
    const next = isSorted && now.order === "desc" ? "asc" : "desc";
    const link = element("a", { href: state.address({ sort: name, order: next, page: 1 }), id: `sort-${name}`, class: "sort" },
      cells.plain(name), element("span", { "aria-hidden": "true", class: "arrow", text: isSorted ? (now.order === "asc" ? " ▲" : " ▼") : "" }));
    return element("th", { scope: "col", class: isNumeric ? "number" : null, "aria-sort": isSorted ? (now.order === "asc" ? "ascending" : "descending") : null },
      link, more ? element("span", { class: "small muted better", text: more }) : null);
  }

  function tick(run, now, onTick) {
    const input = element("input", { type: "checkbox", id: `tick-${run.run_id}`, "aria-label": `Compare run ${run.run_id} of ${run.as_of}` });
    input.checked = now.tick.includes(run.run_id);
    input.disabled = !input.checked && now.tick.length >= state.MOST_COMPARED;
    input.addEventListener("change", () => {
      const others = state.now().tick.filter((id) => id !== run.run_id);
      state.keep({ tick: input.checked ? [...others, run.run_id] : others });
      onTick();
    });
    return input;
  }

  function table(now, rows, differs, metrics, onTick) {
    const isNumeric = ({ container, type }) => !container && (type === "int" || type === "float");
    const bests = new Map(metrics.map((metric) => [metric, cells.best(metric, rows)]));
    const head = element("tr", {},
      element("th", { scope: "col" }, element("span", { class: "visually-hidden", text: "Compare" })),
      header(now, "run_id", ""), header(now, "as_of", ""),
      differs.map((field) => header(now, field.name, "", isNumeric(field))),
      metrics.map((metric) => header(now, metric.name, cells.BETTER[metric.better], true)),
      element("th", { scope: "col", text: "Links" }));
    const body = rows.map((run) => element("tr", {},
      element("td", {}, tick(run, now, onTick)),
      element("th", { scope: "row", class: "mono run" }, run.run_id),
      element("td", { class: "day", text: run.as_of }),
      differs.map((field) => element("td", { class: isNumeric(field) ? "number" : null }, cells.parameter(run.parameters[field.name]))),
      metrics.map((metric) => element("td", { class: "number" }, cells.metric(metric, run, bests.get(metric) !== null && run.metrics[metric.name] === bests.get(metric)))),
      element("td", {}, cells.links(run))));
    return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Runs, a wide table", id: "table" },
      element("table", { class: "runs" }, element("caption", { class: "visually-hidden", text: "Runs; the best of each metric among those on this page is marked" }),
        element("thead", {}, head), element("tbody", {}, body)));
  }

  function bar(now, onTick) {
    const enough = now.tick.length > 1;
    const clear = element("button", { type: "button", class: "small", id: "untick", text: "Untick all" });
    clear.addEventListener("click", () => { state.keep({ tick: [] }); onTick(); });
    return element("div", { class: "compare-bar card" },
      enough ? element("a", { class: "button primary", id: "compare", href: state.address({ compare: now.tick }), text: `Compare ${now.tick.length} runs` })
        : element("span", { class: "muted", text: "Tick two or more runs to compare them." }),
      now.tick.length ? [element("span", { class: "small" }, "Ticked: ", element("span", { class: "mono", text: now.tick.join(", ") })), clear] : null);
  }

  function pager(now, total) {
    const pages = Math.ceil(total / runs.page_size);
    if (pages < 2) return null;
    const link = (id, text, page, isThere) => (isThere ? element("a", { class: "button", id, href: state.address({ page }), text }) : null);
    return element("nav", { class: "pager", "aria-label": "Pages" },
      link("first-page", "First", 1, now.page > 2), link("previous-page", "Previous", now.page - 1, now.page > 1),
      element("span", { class: "small muted", text: `Page ${now.page.toLocaleString("en")} of ${pages.toLocaleString("en")}` }),
      link("next-page", "Next", now.page + 1, now.page < pages), link("last-page", "Last", pages, now.page < pages - 1));
  }

  /** Show the list in an element. */
  function show(root, onTick) {
    const now = state.now(), found = selection(now);
    const { differs, constant } = split(found.listed);
    const { there, shown } = metricsOf(found.listed, now);
    const all = there.length > shown.length || now.all
      ? element("a", { id: "all-metrics", href: state.address({ all: !now.all }), text: now.all ? "Show fewer metrics" : `Show all ${there.length} metrics` }) : null;
    fill(root, filterForm(now, found.problems),
      element("p", { id: "summary", text: summary(now, found) }), notes(now),
      found.rows.length ? [constants(constant), bar(now, onTick), all ? element("p", { class: "small" }, all) : null,
        table(now, found.rows, differs, shown, onTick), pager(now, found.total)] : pager(now, found.total));
  }

  return { show };
};
