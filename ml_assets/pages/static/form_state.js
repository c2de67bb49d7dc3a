// What was typed, and all that follows from it: what is used, what is wrong, the run_id, the command and the link.
"use strict";

MlAssets.formState = function (form) {
  const { read, check, visible } = MlAssets.values;
  const { equal, runId } = MlAssets.identity;
  const { flagText, flagWords, shell, runConfig, launchLink } = MlAssets.writing;
  const DAY = 86400000; // milliseconds
  const fields = new Map(form.fields.map((field) => [field.name, field]));
  const defaults = new Map(form.fields.map((field) => [field.name, check(read(field.text, field), field, "").value]));
  const usual = (form.environments.find((place) => place.is_default) || form.environments[0]).name;
  const texts = new Map();
  const asked = {};
  let notes = [];

  function start() {
    for (const [name, field] of fields) texts.set(name, form.values[name] ?? field.text);
    Object.assign(asked, { several: false, as_of: form.as_of, from: null, to: null, environment: usual });
    notes = [];
  }

  /** The texts of a preset over those that are there; what it does not give is at its default. */
  function preset(name) {
    const found = form.presets.find((each) => each.name === name);
    if (!found) return false;
    for (const [field, { text }] of fields) texts.set(field, found.values[field] ?? text);
    return true;
  }

  /** Begin anew with what an address names after its #: `max_depth=6&as_of=2025-12-01`. */
  function readFragment(fragment) {
    const given = fragment.includes("=") ? [...new URLSearchParams(fragment.replace(/^#/, ""))] : [];
    start();
    const named = new Map(given);
    if (!fields.has("preset") && named.has("preset") && !preset(named.get("preset"))) notes.push("preset: unknown.");
    for (const [name, text] of given) {
      if (fields.has(name)) texts.set(name, text);
      else if (name in asked && name !== "several") asked[name] = text;
      else if (name !== "preset") notes.push(`${visible(name)}: unknown parameter. ${MlAssets.suggest(name, [...fields.keys()])}`);
    }
    asked.several = !named.has("as_of") && (named.has("from") || named.has("to"));
  }

  /** What brings the form back as it is, for an address after its #. */
  function fragment() {
    const parts = new URLSearchParams();
    for (const [name, field] of fields) if (texts.get(name) !== field.text) parts.append(name, texts.get(name));
    for (const name of asked.several ? ["from", "to"] : ["as_of"]) if (asked[name] !== null) parts.append(name, asked[name]);
    if (asked.environment !== usual) parts.append("environment", asked.environment);
    return parts.toString();
  }

  /** The conditions that stop a field from being used among these values, those of the fields behind it first. */
  function unmet(name, values, known, passed = []) {
    const missing = new Map();
    for (const [other, allowed] of Object.entries(fields.get(name).used_when)) {
      if (!known.has(other) || passed.includes(other)) continue;
      for (const [behind, wanted] of unmet(other, values, known, [...passed, name])) missing.set(behind, wanted);
      if (!allowed.includes(values.get(other))) missing.set(other, allowed);
    }
    return missing;
  }

  const isUsed = (name, values, known) => unmet(name, values, known).size === 0;

  /** What is told of an unused field that is not at its default. */
  function unusedLine(name, values, stopped) {
    const now = [...stopped.keys()].map((other) => `${other} ${fields.get(other).is_free_text ? "as it is" : String(values.get(other))}`);
    const use = [...stopped].map(([other, allowed]) => `${other} ${allowed.join(", ")}`);
    const [first, ...more] = use.length > 1 ? use : [use[0].slice(use[0].indexOf(" ") + 1)];
    const then = more.length ? `${first} with ${more.join(" and ")}` : first;
    const parts = { name, now: now.join(" and "), then };
    return form.sentences.not_used.replace(/\{(name|now|then)\}/g, (_, part) => parts[part]);
  }

  /** The identity of a slice at these values: without what is not used, and what is at the value at which it is left out. */
  function identity(slice, values) {
    const known = new Set(slice.fields);
    const held = slice.fields.filter((name) => isUsed(name, values, known));
    const told = held.filter((name) => !(name in slice.omitted) || !equal(values.get(name), slice.omitted[name]));
    return new Map(told.map((name) => [name, values.get(name)]));
  }

  function lookAtFields() {
    const known = new Set(fields.keys());
    const sound = new Map(), lines = new Map();
    for (const [name, field] of fields) {
      const found = check(read(texts.get(name), field), field, form.sentences.more_items);
      sound.set(name, found.lines.length ? defaults.get(name) : found.value);
      lines.set(name, found.lines);
    }
    const used = new Set([...known].filter((name) => isUsed(name, sound, known)));
    const values = new Map([...sound].map(([name, value]) => [name, used.has(name) ? value : defaults.get(name)]));
    const aside = new Map(); // what is typed into fields that are not used: told, and not sent
    for (const name of known) {
      if (used.has(name)) continue;
      const differs = lines.get(name).length || !equal(sound.get(name), defaults.get(name));
      lines.set(name, []);
      if (differs) aside.set(name, unusedLine(name, values, unmet(name, values, known)));
    }
    const changed = new Set([...used].filter((name) => lines.get(name).length || !equal(values.get(name), defaults.get(name))));
    return { values, lines, used, changed, aside };
  }

  const iso = (time) => new Date(time).toISOString().slice(0, 10);
  const isItsDay = (time) => form.days.weekday === null || (new Date(time).getUTCDay() + 6) % 7 === form.days.weekday;

  function timeOf(text) {
    if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text || "") || text < "0001") return null;
    const time = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(time) && iso(time) === text ? time : null;
  }

  const yesterday = () => Math.floor(Date.now() / DAY) * DAY - DAY;

  /** The latest complete day, UTC, of those that the pipeline is made for. */
  function lastDay() {
    let time = yesterday();
    while (!isItsDay(time)) time -= DAY;
    return iso(time);
  }

  function dayProblem(time, { anyDay = false } = {}) {
    const { sentences, first, every } = form.days;
    const last = iso(yesterday());
    const told = (line) => line.replaceAll("{last}", last).replaceAll("{first}", first).replaceAll("{every}", every).replaceAll("{near}", lastDay());
    if (time === null) return told(sentences.not_real);
    if (iso(time) > last) return told(sentences.not_complete);
    if (iso(time) < first) return told(sentences.too_early);
    return anyDay || isItsDay(time) ? "" : told(sentences.not_its_day);
  }

  /** The day, or the days, that are asked for, and what is wrong with them. */
  function lookAtDays() {
    if (!asked.several) {
      const text = asked.as_of ?? lastDay();
      const line = dayProblem(timeOf(text));
      return { as_of: line ? null : text, problems: line ? [{ field: "as_of", message: line }] : [] };
    }
    const [from, to] = [timeOf(asked.from), timeOf(asked.to ?? lastDay())];
    const isSpan = from !== null && to !== null && from <= to && (to - from) / DAY < form.days.most;
    const lines = isSpan ? [from, to].map((time) => dayProblem(time, { anyDay: true })) : [form.days.sentences.not_a_span];
    const problems = [...new Set(lines.filter(Boolean))].map((message) => ({ field: "days", message }));
    return { as_of: problems.length ? null : { from: iso(from), to: iso(to) }, problems };
  }

  function environmentProblems(changed) {
    const place = form.environments.find((each) => each.name === asked.environment);
    if (!place) return [{ field: "environment", message: `environment: ${form.sentences.environment}` }];
    const refused = [...changed].filter((name) => place.overrides && !place.overrides.includes(name));
    return refused.map((name) => ({ field: name, message: `${name}: ${place.refusal}` }));
  }

  /** The run config: all that is used and may be given, so that it is seen in the launchpad. */
  function config(used, values) {
    const place = form.environments.find((each) => each.name === asked.environment);
    const free = [...used].filter((name) => !(place && place.overrides) || place.overrides.includes(name));
    const pairs = free.map((name) => [fields.get(name), values.get(name)]);
    return runConfig(pairs, form.launchpad.resource, asked.environment === usual ? "" : asked.environment);
  }

  function commandWords(values, day) {
    const { first, at } = form.command;
    const several = typeof day === "object";
    const words = ["ml-assets", several && day.from !== day.to ? "backfill" : "run"];
    for (const name of first) words.push(...flagWords(fields.get(name), values.get(name)));
    if (!several) words.push("--as-of", day);
    else if (day.from === day.to) words.push("--as-of", day.from);
    else words.push("--from", day.from, "--to", day.to);
    for (const [name, field] of fields) {
      if (!first.includes(name) && !equal(values.get(name), defaults.get(name))) words.push(...flagWords(field, values.get(name)));
    }
    words.push(...at);
    if (asked.environment !== usual) words.push("--environment", asked.environment);
    return words;
  }

  /** All that follows from what is typed now. */
  function derive() {
    const looked = lookAtFields();
    const { values, lines, used, changed } = looked;
    const days = lookAtDays();
    const told = [...lines].flatMap(([field, some]) => some.map((message) => ({ field, message })));
    const problems = [...told, ...environmentProblems(changed), ...days.problems];
    const sent = [...fields.keys()].filter((name) => !lines.get(name).length && (changed.has(name) || form.command.first.includes(name)));
    const result = { ...looked, problems, as_of: days.as_of, environment: asked.environment, run_id: null, slices: [] };
    result.parameters = Object.fromEntries(sent.map((name) => [name, plain(values.get(name))]));
    result.config = config(used, values);
    if (problems.length) return { ...result, words: [], command: "", link: "" };
    if (typeof days.as_of === "string") {
      result.run_id = runId(identity(form.whole, values), days.as_of, form.scheme);
      result.slices = form.slices.map((slice) => ({ assets: slice.assets, run_id: runId(identity(slice, values), days.as_of, form.scheme) }));
    }
    const link = result.run_id ? launchLink(form.launchpad, result.config, days.as_of) : "";
    const words = commandWords(values, days.as_of);
    return { ...result, words, command: shell(words), link };
  }

  const plain = (value) => (value instanceof Map ? Object.fromEntries([...value].map(([name, item]) => [name, plain(item)])) : value);

  start();
  return {
    fields, texts, asked, defaults, usual, derive, start, preset, readFragment, fragment, lastDay,
    notes: () => notes,
    isDay: (text) => timeOf(text) !== null,
    shown: (name, value) => flagText(value, fields.get(name).item),
  };
};
