// Where a form begins: a preset, the environment, and a day or several.
"use strict";

MlAssets.formStart = function (form, state, onChange) {
  const { element, fill } = MlAssets;
  const { asked } = state;
  const problem = element("p", { id: "problem-days", class: "problem bad" });
  const placeProblem = element("p", { id: "problem-environment", class: "problem bad" });
  const presets = menu("preset", "Start from a preset", [["", "choose…"], ...form.presets.map(({ name }) => [name, name])]);
  const about = element("p", { id: "about-preset", class: "hint" });
  const environments = menu("environment", "Environment", form.environments.map(({ name, is_default }) => [name, is_default ? `${name} (default)` : name]));
  const kinds = ["One day", "Several days"].map((text, n) => {
    const input = element("input", { type: "radio", name: "kind-of-days", id: n ? null : "input-kind-of-days" });
    input.addEventListener("change", () => change({ several: n === 1 }));
    return { input, label: element("label", {}, input, element("span", { text })) };
  });
  const days = new Map([day("as_of", "as_of: things are known up to its end, UTC"), day("from", "First day"), day("to", "Last day")]);

  presets.input.setAttribute("aria-describedby", "about-preset");
  presets.input.addEventListener("change", () => { if (state.preset(presets.input.value)) onChange(); });
  environments.input.setAttribute("aria-describedby", "problem-environment");
  environments.input.addEventListener("change", () => change({ environment: environments.input.value }));

  function change(values) {
    Object.assign(asked, values);
    onChange();
  }

  function menu(name, label, options) {
    const input = element("select", { id: `input-${name}` }, ...options.map(([value, text]) => element("option", { value, text })));
    return { input, root: element("div", {}, element("label", { for: `input-${name}`, text: label }), input) };
  }

  function day(name, label) {
    const input = element("input", { type: "date", id: `input-${name}`, min: form.days.first, "aria-describedby": "problem-days" });
    input.addEventListener("input", () => change({ [name]: input.value }));
    return [name, { input, root: element("div", {}, element("label", { for: `input-${name}`, text: label }), input) }];
  }

  function same(preset, derived) {
    return [...state.fields].every(([name, field]) => {
      const text = preset.values[name] ?? field.text;
      return !derived.used.has(name) || state.texts.get(name) === text;
    });
  }

  function update(derived, linesOf) {
    const values = { as_of: asked.as_of ?? state.lastDay(), from: asked.from ?? "", to: asked.to ?? state.lastDay() };
    for (const [name, { input, root }] of days) {
      root.hidden = (name === "as_of") === asked.several;
      input.max = state.lastDay();
      const shown = state.isDay(values[name]) ? values[name] : "";
      if (input !== document.activeElement || input.value === "") input.value = shown;
    }
    kinds.forEach(({ input }, n) => { input.checked = asked.several === (n === 1); });
    environments.input.value = derived.environment;
    const chosen = form.presets.find((preset) => same(preset, derived));
    presets.input.value = chosen ? chosen.name : "";
    about.textContent = chosen ? chosen.description : "";
    tell(problem, [...linesOf("as_of"), ...linesOf("days")], [...days.values()].map(({ input }) => input));
    tell(placeProblem, linesOf("environment"), [environments.input]);
  }

  function tell(where, lines, inputs) {
    fill(where, lines.map((text) => element("span", { text })));
    for (const input of inputs) {
      if (lines.length) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  }

  function focus(name) {
    const inputs = { environment: environments.input, as_of: days.get("as_of").input, days: days.get("from").input };
    (inputs[name] || environments.input).focus();
  }

  const nodes = [
    element(
      "div", { class: "start-grid" },
      form.presets.length ? element("div", {}, presets.root, about) : null,
      element("div", {}, environments.root, placeProblem),
    ),
    element(
      "div", { class: "days" },
      element("div", { class: "choices", role: "radiogroup", "aria-label": "One day or several" }, ...kinds.map(({ label }) => label)),
      element("div", { class: "start-grid" }, ...[...days.values()].map(({ root }) => root)),
      form.days.every ? element("p", { class: "hint", text: `The pipeline is made every ${form.days.every}.` }) : null,
      problem,
    ),
    ...form.presets_left_out.map((text) => element("p", { class: "small bad", text })),
  ];
  return { nodes, update, focus };
};
