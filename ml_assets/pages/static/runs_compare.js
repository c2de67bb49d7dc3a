// Some runs side by side: what differs in parameters, metrics and lineage, and their metrics over days.
"use strict";

MlAssets.runsCompare = function (runs, state, cells) {
  const { element, fill } = MlAssets;
  const plots = MlAssets.runsPlot(cells);
  const PLOTS = 4; // figures that are shown at once
  const letter = (number) => String.fromCharCode(65 + number);
  const same = (values) => new Set(values.map((value) => JSON.stringify(value ?? null))).size < 2;

  function chosen(ids) {
    const known = new Map(runs.rows.map((run) => [run.run_id, run]));
    const there = runs.static ? ids.map((id) => known.get(id)).filter(Boolean) : runs.rows.slice(0, runs.compared);
    return { there, missing: runs.static ? ids.filter((id) => !known.has(id)) : [] };
  }

  function swatch(number) {
    return plots.svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, plots.marker(number, 8, 8));
  }

  function heads(them) {
    return element("thead", {}, element("tr", {}, element("td", {}),
      them.map((run, number) => element("th", { scope: "col" }, swatch(number), ` ${letter(number)} `, element("span", { class: "mono", text: run.run_id }),
        element("span", { class: "small muted block", text: run.as_of })))));
  }

  function grid(label, them, body) {
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${label}, a table` },
      element("table", { class: "side-by-side" }, element("caption", { class: "visually-hidden", text: label }), heads(them), element("tbody", {}, body)));
  }

  const row = (name, found, differs) => element("tr", { class: differs ? "differs" : null }, element("th", { scope: "row" }, name), found.map((each) => element("td", {}, [each].flat(Infinity))));

  /** Rows of texts: those that differ, and behind a line those that do not. */
  function sorted(id, label, them, lines, none) {
    const [apart, alike] = [lines.filter(({ values }) => !same(values)), lines.filter(({ values }) => same(values))];
    const body = (some, differs) => some.map(({ name, values }) => row(cells.plain(name), values.map((value) => (value === undefined ? cells.parameter(undefined) : cells.plain(cells.text(value)))), differs));
    return element("section", { id, class: "card", "aria-labelledby": `${id}-heading` }, element("h2", { id: `${id}-heading`, text: label }),
      apart.length ? grid(`${label} that differ`, them, body(apart, true)) : element("p", { class: "muted", text: none }),
      alike.length ? element("details", {}, element("summary", { text: `${alike.length} that ${alike.length === 1 ? "is" : "are"} the same` }), grid(`${label} that are the same`, them, body(alike, false))) : null);
  }

  function parameters(them) {
    const lines = runs.fields.map(({ name }) => ({ name, values: them.map((run) => run.parameters[name]) }));
    return sorted("parameters", "Parameters", them, lines.filter(({ values }) => values.some((value) => value !== undefined)), "All parameters are the same.");
  }

  function lineage(them) {
    const pairs = them.map((run) => new Map((run.lineage || []).map((number) => runs.lineages[number])));
    const names = [...new Set(pairs.flatMap((each) => [...each.keys()]))];
    const lines = names.map((name) => ({ name, values: pairs.map((each) => each.get(name) ?? "none") }));
    return sorted("lineage", "Lineage", them, lines, "Inputs, rows, code and packages are the same.");
  }

  /** What a value is against that of the first run: `+0.0123, better`. */
  function difference(metric, value, first) {
    if (!cells.isNumber(value) || !cells.isNumber(first)) return null;
    const by = value - first;
    const text = by === 0 ? "the same" : `${by > 0 ? "+" : "−"}${cells.short(Math.abs(by))}`;
    if (by === 0 || metric.better === "none") return element("span", { class: "difference small block", text });
    const isBetter = (metric.better === "larger") === (by > 0);
    const margin = metric.margin === null ? null : metric.relative ? metric.margin * Math.abs(first) : metric.margin;
    const within = margin !== null && Math.abs(by) <= margin ? `, within the margin of ${cells.short(margin)}` : "";
    return element("span", { class: `difference small block ${isBetter ? "good" : "bad"}`, text: `${text}, ${isBetter ? "better" : "worse"} than A${within}` });
  }

  function metrics(them) {
    const measured = runs.metrics.filter(({ name }) => them.some((run) => name in run.metrics));
    const body = measured.map((metric) => {
      const values = them.map((run) => run.metrics[metric.name]), best = cells.best(metric, them);
      return row([cells.plain(metric.name), element("span", { class: "small muted block", text: cells.BETTER[metric.better] })],
        them.map((run, number) => [cells.metric(metric, run, best !== null && values[number] === best), number ? difference(metric, values[number], values[0]) : null]), !same(values));
    });
    return element("section", { id: "metrics", class: "card", "aria-labelledby": "metrics-heading" }, element("h2", { id: "metrics-heading", text: "Metrics" }),
      body.length ? [element("p", { class: "small muted", text: "With 95 % intervals where they are known. Differences are against A." }), grid("Metrics", them, body)]
        : element("p", { class: "muted", text: "No metric was measured." }));
  }

  function series(metric, them) {
    const sets = [...new Set(them.map((run) => run.set))];
    return sets.map((set) => {
      const own = runs.rows.filter((run) => run.set === set && cells.isNumber(run.metrics[metric.name]));
      const days = [...new Map(own.map((run) => [run.as_of, run])).values()].sort((one, other) => (one.as_of < other.as_of ? -1 : 1));
      const letters = them.map((run, number) => (run.set === set ? letter(number) : "")).filter(Boolean);
      return { name: letters.join(" and "), number: them.findIndex((run) => run.set === set),
        points: days.map((run) => ({ day: run.as_of, value: run.metrics[metric.name], ends: cells.interval(metric, run) })) };
    }).filter(({ points }) => points.length);
  }

  function overDays(them, width) {
    const drawn = runs.metrics.filter((metric) => series(metric, them).length);
    const first = [...drawn.filter(({ declared, better }) => declared && better !== "none"), ...drawn].slice(0, PLOTS);
    const others = drawn.filter((metric) => !first.includes(metric));
    const figures = (some) => element("div", { class: "plots" }, [...new Set(some)].map((metric) => plots.figure(metric, series(metric, them), width)));
    const more = element("details", {}, element("summary", { text: `${others.length} more ${others.length === 1 ? "metric" : "metrics"}` }));
    more.addEventListener("toggle", () => { if (more.open && !more.querySelector(".plots")) more.append(figures(others)); });
    return element("section", { id: "days", class: "card", "aria-labelledby": "days-heading" }, element("h2", { id: "days-heading", text: "Over days" }),
      element("p", { class: "small muted" }, "All days of the same parameters: ",
        them.map((run, number) => element("span", { class: "chip" }, swatch(number), ` ${letter(number)} ${run.run_id}`))),
      drawn.length ? figures(first) : element("p", { class: "muted", text: "No metric was measured." }), others.length ? more : null);
  }

  function about(them) {
    return element("section", { class: "card", id: "them", "aria-label": "Runs" },
      grid("Runs", them, [row("Made", them.map((run) => run.created_at), false), row("Links", them.map((run) => cells.links(run)), false)]));
  }

  /** Show the comparison in an element. */
  function show(root) {
    const { there, missing } = chosen(state.now().compare);
    const back = element("p", {}, element("a", { id: "back", href: state.address({ compare: [] }), text: "Back to the list" }));
    const problems = [...runs.problems, ...missing.map((id) => `run ${id} is not in this file.`)];
    const told = problems.map((problem) => element("p", { class: "note bad" }, cells.plain(problem)));
    const heading = element("h2", { id: "compare-heading", tabindex: "-1", text: there.length ? `${there.length} runs side by side` : "Nothing to compare" });
    if (!there.length) return fill(root, back, heading, told);
    const width = root.clientWidth - (root.clientWidth > 640 ? 44 : 36); // a card's padding
    return fill(root, back, heading, told, about(there), parameters(there), metrics(there), overDays(there, width), lineage(there));
  }

  return { show };
};
