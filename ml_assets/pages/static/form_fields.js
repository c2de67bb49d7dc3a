// The element of one parameter: its name, what it is for, its control, what is allowed, and what is wrong with it.
"use strict";

MlAssets.formField = function (field, state, onChange) {
  const { element, fill } = MlAssets;
  const MOST_BUTTONS = 5, LONGEST_BUTTONS = 48; // choices, and characters of them all, that are shown side by side
  const { name } = field;
  const ids = Object.fromEntries(["name", "input", "about", "hint", "problem"].map((part) => [part, `${part}-${name}`]));
  const described = `${ids.about} ${ids.hint} ${ids.problem}`;
  const set = (text) => {
    state.texts.set(name, text);
    onChange();
  };

  const labelled = () => element("label", { id: ids.name, for: ids.input, class: "name mono", text: name });
  const typed = (more) => ({ id: ids.input, name, "aria-describedby": described, spellcheck: "false", ...more });
  const control = { choice: choices, boolean: checkbox, json: area }[field.kind] || line;
  const { node, show, label } = control();
  const chip = element("span", { class: "chip changed-chip", hidden: true, text: "changed" });
  const reset = element("button", { type: "button", class: "small reset", hidden: true, "aria-label": `Reset ${name} to ${field.text}` }, "Reset");
  const problem = element("p", { id: ids.problem, class: "problem bad" });
  const root = element(
    "div", { class: "field", id: `field-${name}` },
    element(
      "div", { class: "about" },
      element("div", { class: "title" }, label, chip, reset),
      element("p", { id: ids.about, class: "description" }, ...MlAssets.prose(field.description)),
      condition(),
    ),
    element(
      "div", { class: "control" }, node,
      element("p", { id: ids.hint, class: "hint" }, ...hint()),
      problem,
    ),
  );

  reset.addEventListener("click", () => {
    set(field.text);
    focus();
  });

  function hint() {
    const shown = element("code", { text: field.text === "" ? "nothing" : field.text });
    const allowed = field.kind === "choice" || field.kind === "boolean" ? [] : [`${field.allowed} · `];
    return [element("span", {}, ...allowed, "default ", shown)];
  }

  function condition() {
    const parts = Object.entries(field.used_when).map(([other, values]) => `${other} ${values.join(" or ")}`);
    return parts.length ? element("p", { class: "condition small muted", text: `used with ${parts.join(" and ")}` }) : null;
  }

  function line() {
    const mode = { integer: "numeric", number: "decimal" }[field.kind];
    const list = field.suggestions.length > 1 ? `known-${name}` : null;
    const input = element("input", typed({ type: "text", inputmode: field.minimum < 0 ? null : mode, list, autocapitalize: "off" }));
    input.addEventListener("input", () => set(input.value));
    const options = field.suggestions.map((text) => element("option", { value: text }));
    const node = list ? element("div", {}, input, element("datalist", { id: list }, ...options)) : input;
    return { node, label: labelled(), show: (text) => { if (input.value !== text) input.value = text; } };
  }

  function area() {
    const input = element("textarea", typed({ rows: "3", class: "mono" }));
    input.addEventListener("input", () => set(input.value));
    return { node: input, label: labelled(), show: (text) => { if (input.value !== text) input.value = text; } };
  }

  function checkbox() {
    const input = element("input", typed({ type: "checkbox" }));
    const word = element("span", { "aria-hidden": "true" });
    input.addEventListener("change", () => set(String(input.checked)));
    const show = (text) => {
      const value = MlAssets.values.read(text, field);
      input.indeterminate = typeof value !== "boolean";
      input.checked = value === true;
      word.textContent = input.indeterminate ? "neither" : value ? "yes" : "no";
    };
    return { node: element("label", { class: "switch" }, input, word), label: labelled(), show };
  }

  function choices() {
    const texts = field.choices.map(String);
    const asButtons = texts.length <= MOST_BUTTONS && texts.join("").length <= LONGEST_BUTTONS;
    return asButtons ? buttons(texts) : menu(texts);
  }

  function buttons(texts) {
    const inputs = texts.map((text, n) => {
      const input = element("input", { type: "radio", name, value: text, id: n ? null : ids.input });
      input.addEventListener("change", () => set(text));
      return input;
    });
    const labels = inputs.map((input, n) => element("label", {}, input, element("span", { text: texts[n] })));
    const node = element("div", { class: "choices", role: "radiogroup", "aria-labelledby": ids.name, "aria-describedby": described }, ...labels);
    const show = (text) => inputs.forEach((input) => { input.checked = input.value === text.trim(); });
    return { node, label: element("span", { id: ids.name, class: "name mono", text: name }), show };
  }

  function menu(texts) {
    const input = element("select", typed({}), ...texts.map((text) => element("option", { value: text, text })));
    input.addEventListener("change", () => set(input.value));
    const show = (text) => {
      input.value = texts.includes(text.trim()) ? text.trim() : "";
    };
    return { node: input, label: labelled(), show };
  }

  function focus() {
    const details = root.closest("details");
    if (details) details.open = true;
    (root.querySelector("input:checked") || root.querySelector("input, select, textarea")).focus();
  }

  /** Show what is typed and what follows from it; `lines` are what is wrong with it. */
  function update(derived, lines) {
    const aside = derived.aside.get(name);
    show(state.texts.get(name));
    chip.hidden = !derived.changed.has(name);
    reset.hidden = !derived.changed.has(name) && !aside;
    root.classList.toggle("is-changed", derived.changed.has(name));
    fill(problem, lines.length || aside ? [...lines, ...(aside ? [aside] : [])].map((text) => element("span", { text })) : []);
    problem.classList.toggle("bad", lines.length > 0);
    const marked = node.matches("[role=radiogroup], input, select, textarea") ? node : node.querySelector("input");
    if (lines.length) marked.setAttribute("aria-invalid", "true");
    else marked.removeAttribute("aria-invalid");
  }

  return { root, update, focus };
};
