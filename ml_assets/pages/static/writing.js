// How values are written elsewhere: as words of a shell, as YAML of a launchpad, as an address.
"use strict";

MlAssets.writing = (function () {
  const LONGEST_ADDRESS = 16000; // characters: webservers and proxies take no much longer ones
  const PLAIN_WORD = /^[A-Za-z_][A-Za-z0-9_./-]*$/;
  const WORDS_OF_YAML = /^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|null|Null|NULL)$/;
  const YAML_ESCAPES = new Map([
    ["\0", "0"], ["\x07", "a"], ["\b", "b"], ["\t", "t"], ["\n", "n"], ["\v", "v"], ["\f", "f"], ["\r", "r"],
    ["\x1b", "e"], ['"', '"'], ["\\", "\\"], ["\x85", "N"], ["\u2028", "L"], ["\u2029", "P"],
  ]);

  /** A fraction as Python writes it: `1.0`, `1e-05`, `1e+16`. */
  function fraction(number) {
    if (Object.is(number, -0)) return "-0.0";
    const [digits, power] = number.toExponential().split("e");
    const exponent = Number(power);
    if (exponent >= -4 && exponent < 16) return Number.isInteger(number) ? `${number}.0` : String(number);
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }

  function scalar(value, item) {
    if (typeof value === "number") return item === "number" ? fraction(value) : String(value);
    return String(value);
  }

  /** A value as Python's JSON has it, the names of a table sorted by code points. */
  function json(value, item) {
    if (typeof value === "string") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((each) => json(each, item)).join(", ")}]`;
    if (!(value instanceof Map)) return scalar(value, item);
    const names = [...value.keys()].sort(byCodePoints);
    return `{${names.map((name) => `${JSON.stringify(name)}: ${json(value.get(name), item)}`).join(", ")}}`;
  }

  function byCodePoints(one, other) {
    const [left, right] = [[...one], [...other]];
    const at = left.findIndex((char, n) => char !== right[n]);
    if (at < 0) return left.length - right.length;
    return right[at] === undefined ? 1 : left[at].codePointAt(0) - right[at].codePointAt(0);
  }

  /** A value as a flag takes it: a list with commas, or as JSON where it would not come back so. */
  function flagText(value, item) {
    if (Array.isArray(value) && value.length) {
      const items = value.map((each) => flagText(each, item));
      if (items.every((text) => text && !text.includes(",") && text === text.trim() && !/^[[{]/.test(text))) {
        return items.join(",");
      }
    }
    return Array.isArray(value) || value instanceof Map ? json(value, item) : scalar(value, item);
  }

  /** The words that give a parameter: `--max-depth 3`, `--no-purged`, `--set metric=mape`. */
  function flagWords(field, value) {
    if (field.by_set || value instanceof Map) return ["--set", `${field.name}=${flagText(value, field.item)}`];
    const flag = field.name.replaceAll("_", "-");
    if (typeof value === "boolean") return [value ? `--${flag}` : `--no-${flag}`];
    return [`--${flag}`, flagText(value, field.item)];
  }

  /** Words as one line of a POSIX shell. */
  function shell(words) {
    const quoted = (word) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
    return words.map(quoted).join(" ");
  }

  /** A text of YAML that version 1.1 and 1.2 read alike: a word as it is, anything else in quotes. */
  function yamlText(text) {
    if (PLAIN_WORD.test(text)) return WORDS_OF_YAML.test(text) ? `'${text}'` : text;
    return `"${[...text].map(yamlChar).join("")}"`;
  }

  function yamlChar(char) {
    const code = char.codePointAt(0);
    if (YAML_ESCAPES.has(char)) return `\\${YAML_ESCAPES.get(char)}`;
    const seen = (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd);
    if (seen && code !== 0xfeff) return char;
    const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).toUpperCase().padStart(width, "0")}`;
  }

  function yamlScalar(value, item) {
    if (typeof value === "string") return yamlText(value);
    const text = scalar(value, item);
    return item === "number" && !text.includes(".") ? text.replace("e", ".0e") : text;
  }

  /** `name: value` at a depth, as lines. */
  function yamlLines(name, value, item, depth) {
    const indent = "  ".repeat(depth);
    const head = `${indent}${yamlText(name)}:`;
    if (Array.isArray(value) && value.length) {
      return [head, ...value.map((each) => `${indent}- ${yamlScalar(each, item)}`)];
    }
    if (value instanceof Map && value.size) {
      return [head, ...[...value].flatMap(([inner, each]) => yamlLines(inner, each, item, depth + 1))];
    }
    if (Array.isArray(value)) return [`${head} []`];
    return [value instanceof Map ? `${head} {}` : `${head} ${yamlScalar(value, item)}`];
  }

  /** The run config that gives these pairs of a field and its value, and names an environment where one is not usual. */
  function runConfig(pairs, resource, environment) {
    const values = pairs.flatMap(([field, value]) => yamlLines(field.name, value, field.item, 3));
    const given = values.length ? ["    config:", ...values] : ["    config: {}"];
    const options = environment ? ["  options:", "    config:", `      environment: ${yamlText(environment)}`] : [];
    return `${["resources:", `  ${yamlText(resource)}:`, ...given, ...options].join("\n")}\n`;
  }

  const percent = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const inQuery = (text) => percent(text).replaceAll("%20", "+").replaceAll("%3A", ":").replaceAll("%2F", "/");

  /** The address of a launchpad that is filled in; "" where it would be too long. */
  function launchLink(launchpad, config, day) {
    const where = percent(`${launchpad.repository}@${launchpad.location}`).replaceAll("%40", "@");
    const query = [["config", config], ["tags[0][key]", "dagster/partition"], ["tags[0][value]", day]];
    const path = `/locations/${where}/jobs/${percent(launchpad.job)}/playground/setup`;
    const text = query.map(([name, value]) => `${inQuery(name)}=${inQuery(value)}`).join("&");
    const address = `${launchpad.base.replace(/\/+$/, "")}${path}?${text}`;
    return address.length <= LONGEST_ADDRESS ? address : "";
  }

  return { flagText, flagWords, shell, runConfig, launchLink };
})();
