// What would run: its run_id, what is changed, what is wrong, and how to launch it.
"use strict";

MlAssets.formResult = function (form, state, act) {
  const { element, fill, byId, copy } = MlAssets;
  const link = element("a", { class: "button primary", text: "Open in Dagster's launchpad", target: "_blank", rel: "noopener" });
  const why = element("p", { class: "small muted" });
  const copies = {
    command: copied("Shell command"),
    config: copied("Config for the launchpad or the backfill dialog", true),
    address: copied("Address of this form as it is", true),
  };
  const ids = element("table", { class: "small" });
  const idsBox = element("details", {}, element("summary", { text: "run_id of each asset" }), element("div", { class: "scroll" }, ids));
  const bar = element("button", { type: "button" });
  let derived = null, problems = [];

  byId("actions").append(link, why);
  byId("copies").append(...Object.values(copies).map((each) => each.root), idsBox);
  byId("bar").append(bar);
  bar.addEventListener("click", () => {
    byId("result").scrollIntoView();
    byId("result").focus({ preventScroll: true });
  });

  /** A text with a button that copies it. */
  function copied(title, folded) {
    const text = element("pre", { tabindex: "0", role: "group", "aria-label": title });
    const button = element("button", { type: "button", class: "small", "aria-label": `Copy: ${title}` }, "Copy");
    button.addEventListener("click", async () => {
      button.textContent = (await copy(text.textContent)) ? "Copied" : "Select it, and copy";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    const inner = element("div", { class: "copy" }, text, button);
    const root = folded
      ? element("details", {}, element("summary", { text: title }), inner)
      : element("div", {}, element("h3", { text: title }), inner);
    return { root, text };
  }

  function showChanged() {
    const items = [...derived.changed].map((name) => {
      const value = derived.lines.get(name).length ? "?" : state.shown(name, derived.values.get(name));
      const button = element("button", { type: "button", class: "small", title: `Reset ${name}`, "aria-label": `Reset ${name} to ${state.fields.get(name).text}` }, "×");
      button.addEventListener("click", () => act.reset(name));
      return element("li", {}, element("span", { class: "mono", text: `${name} ${value}` }), button);
    });
    const all = element("button", { type: "button", class: "small" }, "Reset all");
    all.addEventListener("click", () => act.reset(null));
    const count = items.length ? `${items.length} changed from ${items.length === 1 ? "its default" : "their defaults"}` : "All parameters are at their defaults";
    fill(byId("changed"), element("div", { class: "row" }, element("h3", { text: count }), items.length > 1 ? all : null), items.length ? element("ul", { class: "changed-list" }, ...items) : null);
  }

  function showProblems() {
    const items = problems.map(({ field, message }) => {
      const button = element("button", { type: "button", class: "as-link", text: message });
      button.addEventListener("click", () => act.focus(field));
      return element("li", {}, button);
    });
    const heading = element("h3", { class: "bad", text: problems.length === 1 ? "1 problem" : `${problems.length} problems` });
    fill(byId("problems"), items.length ? [heading, element("ul", {}, ...items)] : []);
  }

  function showLink() {
    const isLaunchable = Boolean(derived.link) && !problems.length;
    if (isLaunchable) {
      link.setAttribute("href", derived.link);
      link.removeAttribute("aria-disabled");
    } else {
      link.removeAttribute("href");
      link.setAttribute("aria-disabled", "true");
    }
    const days = derived.as_of !== null && typeof derived.as_of === "object";
    const rules = form.has_rules && !form.server ? "Rules across several values are checked at the launch." : "";
    why.textContent = problems.length ? "" : days ? "Several days: use the command, or choose them in Dagster's backfill dialog and paste the config below." : derived.link ? rules : "The values are too long for an address: use the command.";
  }

  function showCopies() {
    const isSound = !problems.length;
    copies.command.root.hidden = copies.config.root.hidden = !isSound;
    fill(copies.command.text, phrases(derived.words));
    copies.config.text.textContent = derived.config;
    copies.address.text.textContent = `${location.href.split("#")[0]}#${state.fragment()}`;
    idsBox.hidden = !derived.run_id;
    const rows = derived.slices.flatMap(({ assets, run_id }) => assets.map((asset) => element("tr", {}, element("th", { scope: "row", text: asset }), element("td", { class: "mono", text: run_id }))));
    fill(ids, element("tbody", {}, ...rows));
  }

  /** The words of a command, a flag and its value in one piece, so that lines break between them. */
  function phrases(words) {
    const pieces = [];
    words.forEach((word, n) => {
      const isValue = n > 0 && words[n - 1].startsWith("--") && !word.startsWith("--");
      const text = `${n ? " " : ""}${MlAssets.writing.shell([word])}`;
      if (isValue) pieces[pieces.length - 1] += text;
      else pieces.push(text);
    });
    return pieces.flatMap((piece) => (piece.startsWith(" ") ? [" ", element("span", { text: piece.slice(1) })] : [element("span", { text: piece })]));
  }

  function update(now, told) {
    derived = now;
    problems = told;
    const several = now.as_of !== null && typeof now.as_of === "object" && !problems.length;
    byId("run-id").textContent = now.run_id && !problems.length ? now.run_id : several ? "one for each day" : "—";
    showChanged();
    showProblems();
    showLink();
    showCopies();
    bar.textContent = spoken();
  }

  /** The whole in one sentence, for those who listen. */
  function spoken() {
    if (problems.length) return problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const changed = `${derived.changed.size} changed`;
    return derived.run_id ? `run_id ${derived.run_id}, ${changed}` : `several days, ${changed}`;
  }

  return { update, spoken };
};
