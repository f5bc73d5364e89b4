// The language of the page: chosen here, kept in localStorage, taken from the browser before that.

import { en, de } from "./strings.js";
import { known } from "./phrases.js";

const TABLES = { en, de };
const KEPT = "facespectra.language";
const listeners = [];

function first() {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept in TABLES) return kept;
  } catch {
    // Storage is switched off: the browser's own language it is.
  }
  return navigator.languages?.some((one) => one.startsWith("en") || one.startsWith("de"))
    ? navigator.languages.find((one) => one.startsWith("en") || one.startsWith("de")).slice(0, 2)
    : "en";
}

let current = first();

export const languages = Object.keys(TABLES);

export function language() {
  return current;
}

export function setLanguage(code) {
  current = code;
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // Not kept, then.
  }
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.push(listener);
}

/** The text of a key, `{name}` in it replaced. With a value `n`, the key's form for that number: `key.one`, `key.other`. */
export function t(key, values = {}) {
  const strings = TABLES[current];
  const form = "n" in values ? `${key}.${new Intl.PluralRules(current).select(values.n)}` : key;
  const text = strings[form] ?? strings[`${key}.other`] ?? strings[key];
  if (text === undefined) throw new Error(`no string ${form}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name], 0) : values[name]));
}

/** Whether there is a text for a key. */
export function has(key) {
  return key in TABLES[current];
}

/** Fill the elements of the document whose texts are named in `data-t`, and attributes in `data-t-ATTRIBUTE`. */
export function translate(root) {
  document.documentElement.lang = current;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]")) element.setAttribute("aria-label", t(element.dataset.tLabel));
}

export function number(value, digits = 2) {
  return value.toLocaleString(current, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function percent(share) {
  return (share * 100).toLocaleString(current, { maximumFractionDigits: share < 0.03 && share > 0 ? 1 : 0 });
}

export function bytes(count) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (count >= size) return `${number(count / size, count / size < 10 ? 1 : 0)} ${unit}`;
  }
  return `${number(count, 0)} bytes`;
}

export function seconds(value) {
  const minutes = Math.floor(value / 60);
  const rest = value - 60 * minutes;
  return `${minutes}:${rest.toLocaleString(current, { minimumIntegerDigits: 2, minimumFractionDigits: 1, maximumFractionDigits: 1 })}`;
}

/** A sentence of the program, which speaks English, in the language of the page; as it is, and marked, where it isn't known. */
export function phrase(text) {
  const told = current === "en" ? text : known(current, text);
  const node = document.createElement("span");
  node.textContent = told ?? text;
  if (told === null) node.lang = "en";
  return node;
}
