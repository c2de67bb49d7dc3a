// How values of runs are shown: numbers rounded with the whole beside them, texts as nothing but text, links of a run.
"use strict";

MlAssets.runsCells = function (runs) {
  const { element, copy } = MlAssets;
  const { runConfig, launchLink } = MlAssets.writing;
  const fields = new Map(runs.fields.map((field) => [field.name, { ...field, item: field.type === "float" ? "number" : field.type }]));
  const BETTER = { larger: "larger is better", smaller: "smaller is better", none: "" };

  const isNumber = (value) => typeof value === "number";

  /** Five digits of a number; a whole one as it is. */
  function short(number) {
    if (Number.isInteger(number)) return String(number);
    return String(Number(number.toPrecision(5)));
  }

  /** A parameter as a text. */
  function text(value) {
    if (value === undefined || value === null) return "not used";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  /** A text that changes the direction of nothing around it. */
  const plain = (value) => element("bdi", { text: value });

  const parameter = (value) => (value === undefined ? element("span", { class: "muted", text: "not used" }) : plain(text(value)));

  /** The ends of a metric's interval, or null. */
  function interval(metric, run) {
    const ends = (metric.interval || []).map((name) => run.metrics[name]);
    return ends.length === 2 && ends.every(isNumber) ? ends : null;
  }

  /** A metric of a run as elements: its value, whether it is the best, its interval. */
  function metric(declared, run, isBest) {
    const value = run.metrics[declared.name];
    if (!isNumber(value)) return [element("span", { class: "muted", text: "not measured" })];
    const ends = interval(declared, run);
    return [
      element("span", { class: isBest ? "best" : null, title: String(value), text: short(value) }),
      isBest ? element("span", { class: "chip best-chip", text: "best" }) : null,
      ends ? element("span", { class: "interval small muted", text: `${short(ends[0])} to ${short(ends[1])}` }) : null,
    ];
  }

  /** The best value of a metric among some runs; null where it has no direction, or all are alike. */
  function best(declared, among) {
    const values = among.map((run) => run.metrics[declared.name]).filter(isNumber);
    if (declared.better === "none" || new Set(values).size < 2) return null;
    return values.reduce((one, other) => ((declared.better === "larger") === (one > other) ? one : other));
  }

  const asMap = (value) => (value && typeof value === "object" && !Array.isArray(value) ? new Map(Object.entries(value)) : value);

  /** The launchpad in Dagster's pages with the parameters and the day of a run; "" where it would be too long. */
  function launch(run) {
    const known = Object.entries(run.parameters).filter(([name]) => fields.has(name));
    const pairs = known.map(([name, value]) => [fields.get(name), asMap(value)]);
    return launchLink(runs.launchpad, runConfig(pairs, runs.launchpad.resource, runs.launchpad.environment), run.as_of);
  }

  /** The form filled in with the parameters and the day of a run; "" where there is none. */
  function form(run) {
    if (!runs.form) return "";
    const parts = new URLSearchParams();
    for (const [name, value] of Object.entries(run.parameters)) if (fields.has(name)) parts.set(name, formText(fields.get(name), value));
    parts.set("as_of", run.as_of);
    return `${runs.form}#${parts}`;
  }

  function formText(field, value) {
    return value && typeof value === "object" ? JSON.stringify(value) : MlAssets.writing.flagText(value, field.item);
  }

  /** What one can do with a run. */
  function links(run) {
    const of = element("span", { class: "visually-hidden", text: ` run ${run.run_id}` });
    const [again, filled] = [launch(run), form(run)];
    const button = element("button", { type: "button", class: "small", id: `copy-${run.run_id}`, title: run.show }, "Copy command", of.cloneNode(true));
    button.addEventListener("click", async () => {
      MlAssets.byId("said").textContent = (await copy(run.show)) ? `Copied: ${run.show}` : run.show;
      button.firstChild.textContent = "Copied";
    });
    return element(
      "div", { class: "run-links" },
      again ? element("a", { href: again, id: `launch-${run.run_id}`, target: runs.static ? null : "_top" }, "Launch again", of) : null,
      filled ? element("a", { href: filled }, "Form", of.cloneNode(true)) : null,
      button,
    );
  }

  return { BETTER, isNumber, short, text, plain, parameter, interval, metric, best, links };
};
