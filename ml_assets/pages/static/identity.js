// The run_id, as any language can compute it: SHA-256 over RFC 8785 JSON, texts in Unicode form NFC.
"use strict";

MlAssets.identity = (function () {
  const RUN_ID_LENGTH = 12; // hex digits

  const CONSTANTS = roots(64, 3);
  const INITIAL = roots(8, 2);

  /** First 32 bits of the fractions of the square or cubic roots of the first primes: the constants of FIPS 180-4. */
  function roots(count, degree) {
    const found = new Uint32Array(count);
    for (let candidate = 2, at = 0; at < count; candidate += 1) {
      if (isPrime(candidate)) found[at++] = fractionOfRoot(candidate, degree);
    }
    return found;
  }

  function isPrime(number) {
    for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
    return true;
  }

  /** floor(root * 2**32) mod 2**32, exactly, by bisection in whole numbers: floating-point roots may differ by a bit. */
  function fractionOfRoot(number, degree) {
    const wanted = BigInt(number) << BigInt(32 * degree);
    let low = 0n, high = BigInt(number) << 32n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** BigInt(degree) <= wanted) low = middle;
      else high = middle - 1n;
    }
    return Number(low & 0xffffffffn);
  }

  const turned = (word, by) => (word >>> by) | (word << (32 - by));

  /** The SHA-256 of bytes, as hex digits. (`crypto.subtle` is absent on pages of plain http.) */
  function sha256(bytes) {
    const state = Uint32Array.from(INITIAL);
    const padded = padding(bytes);
    const words = new Uint32Array(64);
    for (let at = 0; at < padded.byteLength; at += 64) mix(state, padded, at, words);
    return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  function padding(bytes) {
    const length = (((bytes.length + 8) >> 6) + 1) << 6;
    const view = new DataView(new ArrayBuffer(length));
    bytes.forEach((byte, at) => view.setUint8(at, byte));
    view.setUint8(bytes.length, 0x80);
    view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
    view.setUint32(length - 4, (bytes.length << 3) >>> 0);
    return view;
  }

  function mix(state, view, at, words) {
    for (let n = 0; n < 16; n += 1) words[n] = view.getUint32(at + 4 * n);
    for (let n = 16; n < 64; n += 1) {
      const early = turned(words[n - 15], 7) ^ turned(words[n - 15], 18) ^ (words[n - 15] >>> 3);
      const late = turned(words[n - 2], 17) ^ turned(words[n - 2], 19) ^ (words[n - 2] >>> 10);
      words[n] = words[n - 16] + early + words[n - 7] + late;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let n = 0; n < 64; n += 1) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + CONSTANTS[n] + words[n];
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, n) => { state[n] += word; });
  }

  /**
   * The RFC 8785 JSON of a value, every text in form NFC. Objects are Maps or plain ones; numbers are written as
   * ECMAScript writes them, which is what the standard asks for. Throws where a number or a text has no such form.
   */
  function canonical(value) {
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "number") return number(value);
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const named = entries.map(([name, item]) => [name.normalize("NFC"), item]);
    named.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)); // by UTF-16 code units
    return `{${named.map(([name, item]) => `${text(name)}:${canonical(item)}`).join(",")}}`;
  }

  function number(value) {
    if (!Number.isFinite(value)) throw new RangeError("not a finite number");
    return JSON.stringify(value);
  }

  function text(value) {
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) {
      throw new RangeError("not text");
    }
    return JSON.stringify(value.normalize("NFC"));
  }

  /** The run_id of an identity (a Map or object of values by name) at a day, YYYY-MM-DD. */
  function runId(values, day, scheme) {
    const document = { scheme, as_of: day, parameters: values };
    return sha256(new TextEncoder().encode(canonical(document))).slice(0, RUN_ID_LENGTH);
  }

  /** Whether two values are equal as Python has it: the order of a table does not count. */
  function equal(one, other) {
    return canonical(one) === canonical(other);
  }

  return { sha256, canonical, runId, equal };
})();
