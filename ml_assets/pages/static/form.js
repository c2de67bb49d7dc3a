// The form: it shows what follows from what is typed, and tells others by the event `ml-assets:change`.
"use strict";

MlAssets.form = (function () {
  const { element, fill, byId, copy } = MlAssets;
  const form = MlAssets.document;
  const state = MlAssets.formState(form);
  const QUIET = 500; // milliseconds after the last change until it is read aloud, and kept in the address
  const shown = new Map(form.fields.map((field) => [field.name, MlAssets.formField(field, state, refresh)]));
  const groups = form.groups.map(group);
  const start = MlAssets.formStart(form, state, refresh);
  let others = []; // problems that somebody else found, such as the server
  let later = null;

  byId("form").addEventListener("submit", (event) => event.preventDefault());
  byId("groups").append(...groups.map((each) => each.root));
  byId("start").append(...start.nodes);
  const result = MlAssets.formResult(form, state, { reset, focus });
  window.addEventListener("hashchange", () => { if (location.hash.includes("=")) readAddress(); });
  readAddress();

  function group(described) {
    const used = element("div", { class: "fields" });
    const summary = element("summary", {});
    const folded = element("div", { class: "fields" });
    const unused = element("details", { class: "unused" }, summary, folded);
    const decides = described.assets.length ? `Decides ${described.assets.join(", ")}.` : "";
    const id = `group-${described.name || "others"}`;
    const root = element(
      "fieldset", { class: "card group", "aria-describedby": id },
      element("legend", {}, element("h2", { text: described.name || "Other parameters" })),
      element("p", { class: "muted small", id, text: [described.description, decides].filter(Boolean).join(" ") }),
      used, unused,
    );
    return { root, names: described.fields, used, folded, unused, summary };
  }

  /** Put each field where it belongs now: among those that are used, or folded away below them. */
  function place(each, derived) {
    for (const [box, wanted] of [[each.used, true], [each.folded, false]]) {
      const nodes = each.names.filter((name) => derived.used.has(name) === wanted).map((name) => shown.get(name).root);
      nodes.forEach((node, n) => { if (box.children[n] !== node) box.insertBefore(node, box.children[n] || null); });
    }
    const count = each.folded.children.length;
    const aside = each.names.filter((name) => derived.aside.has(name)).length;
    each.unused.hidden = count === 0;
    const more = aside ? `; ${aside} of them ${aside === 1 ? "has a value that is" : "have values that are"} not sent` : "";
    each.summary.textContent = `${count} ${count === 1 ? "parameter is" : "parameters are"} not used now${more}`;
  }

  function refresh() {
    others = [];
    draw();
    const { parameters, as_of, environment, run_id, problems } = MlAssets.derived;
    document.dispatchEvent(new CustomEvent("ml-assets:change", { detail: { parameters, as_of, environment, run_id, problems } }));
    clearTimeout(later);
    later = setTimeout(settled, QUIET);
  }

  function draw() {
    const derived = state.derive();
    MlAssets.derived = derived;
    const problems = [...derived.problems, ...others];
    const linesOf = (name) => problems.filter(({ field }) => field === name).map(({ message }) => message);
    for (const [name, field] of shown) field.update(derived, linesOf(name));
    for (const each of groups) place(each, derived);
    start.update(derived, linesOf);
    result.update(derived, problems);
    fill(byId("notes"), state.notes().map((text) => element("p", { class: "note bad", text })));
  }

  function settled() {
    byId("status").textContent = result.spoken();
    const fragment = state.fragment();
    try {
      if (fragment !== location.hash.slice(1)) history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
    } catch { /* where a page may not change its address, it stays as it is */ }
  }

  function readAddress() {
    state.readFragment(location.hash);
    refresh();
  }

  function reset(name) {
    for (const each of name ? [name] : state.fields.keys()) state.texts.set(each, state.fields.get(each).text);
    refresh();
  }

  function focus(name) {
    if (shown.has(name)) shown.get(name).focus();
    else start.focus(name);
  }

  /** Show problems that the page itself cannot see, `[{field, message}]`, until something is changed. */
  function setProblems(problems) {
    const known = new Set(MlAssets.derived.problems.map(({ message }) => message));
    others = problems.filter(({ message }) => !known.has(message));
    draw();
  }

  return { state, refresh, setProblems, copy };
})();
