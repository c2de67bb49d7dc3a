// The words of `ml-assets list --where` over runs that lie in the page: the same conditions, refused in the same words.
"use strict";

MlAssets.runsWhere = function (runs) {
  const CONDITION = /^([\p{L}\p{N}_]+)(>=|<=|!=|=|>|<)(.+)$/u;
  const NUMBER = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i;
  const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
  const EXTRA = ["asset", "as_of", "run_id"];
  const MOST = 20; // problems that are told
  const HOLDS = {
    "=": (one, other) => one === other,
    "!=": (one, other) => one !== other,
    ">": (one, other) => one > other,
    ">=": (one, other) => one >= other,
    "<": (one, other) => one < other,
    "<=": (one, other) => one <= other,
  };
  const fields = new Map(runs.fields.map((field) => [field.name, field]));

  /** The conditions of a text, and what cannot be read of it. */
  function parse(text) {
    const conditions = [], problems = [];
    for (const word of text.split(/\s+/).filter(Boolean)) {
      if (problems.length >= MOST) break;
      const [, name, op, value] = CONDITION.exec(word) || [];
      const problem = name === undefined ? "not a condition. Allowed: NAME=VALUE, also with != > >= < <=, separated by spaces" : problemOf(name, op, value);
      if (problem) problems.push(`where: ${problem}.`);
      else conditions.push({ name, op, value });
    }
    return { conditions, problems };
  }

  function problemOf(name, op, value) {
    if (!fields.has(name) && !EXTRA.includes(name)) return `${name} is unknown. Known: ${[...fields.keys()].join(", ")}`;
    if (name === "as_of") return isDay(value) ? "" : "as_of is compared with what is no real day. Allowed: YYYY-MM-DD";
    const { container, type } = fields.get(name) || { container: "", type: "str" };
    if (!container && (type === "int" || type === "float")) return NUMBER.test(value) ? "" : `${name} is a number and is compared with text`;
    if (op !== "=" && op !== "!=") return `${name} has no order. Allowed: = and !=`;
    if (container) return documentOf(value) === null ? `${name} is a list or a table. Allowed: JSON without spaces` : "";
    if (type === "bool" && !["true", "false"].includes(value.toLowerCase())) return `${name} is true or false`;
    return "";
  }

  function isDay(text) {
    const time = DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
    return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
  }

  /** A list or table in one form whatever the order of its names; null where the text is none. */
  function documentOf(text) {
    try {
      const value = JSON.parse(text);
      return value !== null && typeof value === "object" ? MlAssets.identity.canonical(value) : null;
    } catch {
      return null;
    }
  }

  /** Whether all conditions hold for a run; one on a parameter that it does not use holds never. */
  function holds(conditions, run) {
    const extra = { asset: runs.asset, as_of: run.as_of, run_id: run.run_id };
    return conditions.every(({ name, op, value }) => {
      const found = EXTRA.includes(name) ? extra[name] : run.parameters[name];
      if (found === undefined || found === null) return false;
      if (typeof found === "boolean") return HOLDS[op](String(found), value.toLowerCase());
      if (typeof found === "number") return HOLDS[op](found, Number(value));
      if (typeof found === "object") return HOLDS[op](MlAssets.identity.canonical(found), documentOf(value));
      return HOLDS[op](found, value);
    });
  }

  return { parse, holds };
};
