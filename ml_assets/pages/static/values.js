// What a typed text means, as the flags of the shell are read, and what is wrong with it, in the sentences of the document.
"use strict";

MlAssets.values = (function () {
  const LONGEST_NUMBER = 1000; // characters
  const MOST_ITEMS = 20; // whose problems are told one by one
  const LONGEST_NAME = 300; // characters of a name that is repeated
  const WHOLE = /^[-+]?[0-9]+(_[0-9]+)*$/;
  const OF_BASE = /^0(o[0-7]+|x[0-9a-fA-F]+|b[01]+)$/;
  const REAL = /^[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
  const NOT_FINITE = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
  const NAMED_NOT_FINITE = /^[-+]?(nan|inf|infinity)$/i;
  const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
  const JSON_TOKEN = new RegExp(
    "[ \\t\\n\\r]*(?:([[\\]{},:])" +
      '|("(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*")' +
      "|(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9.eE])|NaN|-?Infinity)" +
      "|(true|false|null)|$)",
    "y",
  );

  /** A number that was written with a point or an exponent, or is not finite: none for a field of whole numbers. */
  class Real {
    constructor(value) { this.value = value; }
  }

  /** The number that a word is: a whole one, a Real, or null where it is none. */
  function numberOf(word) {
    if (word.length > LONGEST_NUMBER) return null;
    const plain = word.replaceAll("_", "");
    if (WHOLE.test(word)) return Number(plain);
    if (OF_BASE.test(word)) return Number(word);
    if (REAL.test(word)) return new Real(Number(plain));
    return NOT_FINITE.test(word) ? new Real(NaN) : null;
  }

  /** A text as one value of a scalar type; text that is none of it stays text, for the check to refuse. */
  function readScalar(text, item) {
    if (item === "text") return text;
    if (item === "boolean") return new Map([["true", true], ["false", false]]).get(text.toLowerCase()) ?? text;
    const number = numberOf(text.trim());
    if (item === "integer") return number ?? text;
    if (number === null) return NAMED_NOT_FINITE.test(text.trim()) ? new Real(NaN) : text;
    return number instanceof Real ? new Real(number.value + 0) : number + 0; // no negative zero
  }

  /** The value that a text means for a field: a list in JSON or with commas, a table in JSON, or one value. */
  function read(text, field) {
    if (field.kind !== "list" && field.kind !== "json") return readScalar(text, field.item);
    if (/^\s*[[{]/.test(text)) return readJson(text);
    return field.kind === "json" ? text : text.split(",").map((part) => readScalar(part.trim(), field.item));
  }

  /** JSON in which 1.0 stays apart from 1 and a table keeps its order (a Map); text that is no JSON stays text. */
  function readJson(text) {
    try {
      const tokens = jsonTokens(text);
      const value = jsonValue(tokens);
      return tokens.length ? text : value;
    } catch {
      return text;
    }
  }

  /** The tokens of a JSON text, the last one first. */
  function jsonTokens(text) {
    const tokens = [];
    for (JSON_TOKEN.lastIndex = 0; JSON_TOKEN.lastIndex < text.length; ) {
      const match = JSON_TOKEN.exec(text);
      if (match === null) throw new SyntaxError("not JSON");
      const [, mark, string, number, word] = match;
      if (mark !== undefined) tokens.push({ mark });
      else if (string !== undefined) tokens.push({ value: JSON.parse(string) });
      else if (number !== undefined) tokens.push({ value: WHOLE.test(number) ? Number(number) : new Real(Number(number)) });
      else if (word !== undefined) tokens.push({ value: JSON.parse(word) });
    }
    return tokens.reverse();
  }

  function jsonValue(tokens) {
    const token = tokens.pop();
    if (token === undefined) throw new SyntaxError("not JSON");
    if (token.mark === "[") return jsonItems(tokens, "]", () => jsonValue(tokens));
    if (token.mark === "{") return new Map(jsonItems(tokens, "}", () => jsonPair(tokens)));
    if (token.mark !== undefined) throw new SyntaxError("not JSON");
    return token.value;
  }

  function jsonItems(tokens, end, next) {
    const items = [];
    const mark = () => (tokens.at(-1) || {}).mark;
    if (mark() === end) tokens.pop();
    else {
      for (;;) {
        items.push(next());
        const after = (tokens.pop() || {}).mark;
        if (after === end) break;
        if (after !== ",") throw new SyntaxError("not JSON");
      }
    }
    return items;
  }

  function jsonPair(tokens) {
    const { value: name } = tokens.pop() || {};
    if (typeof name !== "string" || (tokens.pop() || {}).mark !== ":") throw new SyntaxError("not JSON");
    return [name, jsonValue(tokens)];
  }

  /**
   * The sound value of a read one, and one line for each thing that is wrong with it; `value` is undefined then.
   * Texts are in Unicode form NFC, and numbers of a field of `number` are plain.
   */
  function check(value, field, moreItems) {
    const lines = [];
    const of = (place, item, sentences) => {
      const sound = soundScalar(item, field);
      if (sound.kind) lines.push(`${place}: ${sentences[sound.kind]}${hint(item, field)}`);
      return sound.value;
    };
    let sound;
    if (field.kind === "list") sound = checkList(value, field, lines, of);
    else if (field.kind === "json") sound = checkTable(value, field, lines, of);
    else sound = of(field.name, value, field.sentences);
    if (lines.length > MOST_ITEMS) {
      const more = moreItems.replace("{count}", lines.length - MOST_ITEMS);
      lines.splice(MOST_ITEMS, lines.length, `${field.name}: ${more}`);
    }
    return { value: lines.length ? undefined : sound, lines };
  }

  function checkList(value, field, lines, of) {
    const tell = (kind) => lines.push(`${field.name}: ${field.sentences[kind]}`);
    if (!Array.isArray(value)) return tell("type");
    if (field.longest !== null && value.length > field.longest) return tell("too_long");
    const sound = value.map((item, n) => of(`${field.name}[${n}]`, item, field.item_sentences));
    if (!lines.length && field.shortest !== null && value.length < field.shortest) tell("too_short");
    return sound;
  }

  function checkTable(value, field, lines, of) {
    const tell = (kind) => lines.push(`${field.name}: ${field.sentences[kind]}`);
    if (!(value instanceof Map)) return tell("type");
    const pairs = [...value].map(([name, item]) => {
      return [name.normalize("NFC"), of(`${field.name}.${visible(name)}`, item, field.item_sentences)];
    });
    if (!lines.length && field.longest !== null && value.size > field.longest) tell("too_long");
    else if (!lines.length && field.shortest !== null && value.size < field.shortest) tell("too_short");
    return new Map(pairs);
  }

  /** `{value}` of one value of a field, or `{kind}` of what is wrong with it. */
  function soundScalar(value, field) {
    if (field.choices.length) return soundChoice(value instanceof Real ? value.value : value, field);
    if (field.item === "boolean") return typeof value === "boolean" ? { value } : { kind: "type" };
    if (field.item === "text") return soundText(value, field);
    const number = field.item === "number" && value instanceof Real ? value.value : value;
    if (typeof number !== "number") return { kind: "type" };
    const kind = numberProblem(number, field);
    return kind ? { kind } : { value: number };
  }

  const soundChoice = (value, field) => (field.choices.includes(value) ? { value } : { kind: "literal_error" });

  function soundText(value, field) {
    if (typeof value !== "string" || !isText(value)) return { kind: "type" };
    if (field.kind === "text") {
      const length = [...value].length;
      if (field.longest !== null && length > field.longest) return { kind: "string_too_long" };
      if (field.shortest !== null && length < field.shortest) return { kind: "string_too_short" };
    }
    const pattern = compiled(field.pattern);
    return pattern && !pattern.test(value) ? { kind: "string_pattern_mismatch" } : { value: value.normalize("NFC") };
  }

  function numberProblem(number, field) {
    const { minimum, maximum, multiple_of: step } = field;
    if (field.item === "number" && !Number.isFinite(number)) return "finite_number";
    if (step !== null && !isMultiple(number, step)) return "multiple_of";
    if (maximum !== null && (field.below ? number >= maximum : number > maximum)) return "less_than_equal";
    if (minimum !== null && (field.above ? number <= minimum : number < minimum)) return "greater_than_equal";
    return "";
  }

  /** As pydantic has it: of fractions, up to a billionth of the number. */
  function isMultiple(number, step) {
    const rest = Math.abs(number % step), slack = Math.abs(number) / 1e9;
    return rest <= slack || Math.abs(rest - step) <= slack;
  }

  const isText = (text) => !/\p{Cs}/u.test(text); // no half of a character

  const patterns = new Map();

  /** The pattern of a field; null where JavaScript does not read it, so that it is looked at when the run is launched. */
  function compiled(pattern) {
    if (!patterns.has(pattern)) {
      const same = pattern.replaceAll("\\A", "^").replaceAll(/\\[zZ]/g, "$").replaceAll("(?P<", "(?<");
      let made = null;
      try {
        made = pattern ? new RegExp(same, "u") : null;
      } catch { /* it stays null */ }
      patterns.set(pattern, made);
    }
    return patterns.get(pattern);
  }

  function hint(value, field) {
    if (typeof value !== "string") return "";
    return field.item === "boolean" || numberOf(value) !== null ? field.hint : "";
  }

  /** A name that others wrote, with what cannot be seen as an escape. */
  function visible(name) {
    const cut = [...name].length > LONGEST_NAME ? `${[...name].slice(0, LONGEST_NAME).join("")}…` : name;
    return cut.replace(HIDDEN, (char) => {
      const code = char.codePointAt(0);
      const short = { 9: "\\t", 10: "\\n", 13: "\\r" }[code];
      const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
      return short || `\\${letter}${code.toString(16).padStart(width, "0")}`;
    });
  }

  return { read, check, numberOf, visible };
})();

/** The nearest known name, or all of them: by the measure of Python's difflib, case aside. */
MlAssets.suggest = (function () {
  const CUTOFF = 0.6, LONGEST = 100;

  /** The longest common piece of two lists within bounds: where it begins in both, and its length. */
  function longestMatch(one, other, [low, high, otherLow, otherHigh]) {
    let best = [low, otherLow, 0];
    let lengths = new Map();
    for (let at = low; at < high; at += 1) {
      const next = new Map();
      for (let there = otherLow; there < otherHigh; there += 1) {
        if (one[at] !== other[there]) continue;
        const length = (lengths.get(there - 1) || 0) + 1;
        next.set(there, length);
        if (length > best[2]) best = [at - length + 1, there - length + 1, length];
      }
      lengths = next;
    }
    return best;
  }

  function matched(one, other, [low, high, otherLow, otherHigh]) {
    const [at, there, length] = longestMatch(one, other, [low, high, otherLow, otherHigh]);
    if (!length) return 0;
    return length + matched(one, other, [low, at, otherLow, there]) + matched(one, other, [at + length, high, there + length, otherHigh]);
  }

  function likeness(one, other) {
    const [left, right] = [[...one], [...other]];
    return (2 * matched(left, right, [0, left.length, 0, right.length])) / (left.length + right.length);
  }

  return function (name, known) {
    const wanted = name.toLowerCase();
    const scored = known.map((each) => ({ each, score: wanted.length > LONGEST ? 0 : likeness(each.toLowerCase(), wanted) }));
    const near = scored.filter(({ score }) => score >= CUTOFF);
    near.sort((one, other) => other.score - one.score || (one.each.toLowerCase() < other.each.toLowerCase() ? 1 : -1));
    return near.length ? `Did you mean ${near[0].each}?` : `Known: ${known.join(", ")}.`;
  };
})();
