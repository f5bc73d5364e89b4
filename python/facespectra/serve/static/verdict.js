// A verdict in words, with its number on a scale.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { has, number, percent, phrase, t } from "./language.js";

let model = { positive: "swap", negative: "no-swap-found", probability: true };
let rates = null;

export function setModel(info) {
  model = info.model;
  rates = info.reliability?.rows ?? null;
}

const ofSwaps = () => model.positive === "swap";

/** A score as it is shown: probabilities from 0 to 100, and never rounded onto a threshold that it does not reach. */
export function scoreText(score, threshold = null) {
  if (!model.probability) return number(score);
  if (score < 0.01) return "< 1";
  if (score > 0.99) return "> 99";
  let digits = 0;
  while (threshold !== null && score !== threshold && digits < 4 && number(100 * score, digits) === number(100 * threshold, digits)) digits += 1;
  return number(100 * score, digits);
}

/** A border of the scale, or a threshold. */
export const borderText = (value) => (model.probability ? number(100 * value, 0) : number(value));

/** What kind of verdict it is: signs, unclear, none, cannot, noface or error. */
export function kindOf({ label, status }) {
  if (label === "cannot-tell") return status.includes("signs too weak to call") ? "unclear" : "cannot";
  if (label === model.positive) return "signs";
  if (label) return "none";
  return status === "no-face" ? "noface" : "error";
}

/** A text in its form for this model: one of swaps alone, or of somebody's fakes. */
export function forModel(key, values) {
  const own = `${key}.fake`;
  return t(ofSwaps() || !(has(own) || has(`${own}.other`)) ? key : own, values);
}

export const inWords = (verdict) => forModel(`verdict.${kindOf(verdict)}`);
export const inShort = (verdict) => forModel(`short.${kindOf(verdict)}`);

/** Icon and a word or two. */
export function chip(verdict, { score = false } = {}) {
  const kind = kindOf(verdict);
  const told = score && verdict.score !== null && kind !== "cannot";
  return h("span", { class: `chip ${kind}` }, icon(kind, 16), h("span", {}, inShort(verdict)), told && h("span", { class: "value" }, scoreText(verdict.score, verdict.threshold)));
}

const because = (verdict) => verdict.status.split(": ").slice(1).join(": ");

/** The whole verdict on a result; `partial` says that it is of what was seen so far. */
export function verdictCard(result, partial = null) {
  const { verdict } = result;
  const kind = kindOf(verdict);
  const told = verdict.score !== null;
  return h(
    "div",
    { class: `verdict ${kind}` },
    h(
      "div",
      { class: "headline" },
      h("span", { class: "disc" }, icon(kind, 30)),
      h("p", { class: "words" }, h("strong", {}, inWords(verdict)), partial && h("span", { class: "soft" }, partial)),
      told && kind !== "cannot" && h("p", { class: "big" }, h("span", { class: "soft" }, t("score")), " ", scoreText(verdict.score, verdict.threshold)),
    ),
    told && scale(verdict),
    h("p", { class: "meaning" }, meaning(result, kind)),
    details(result),
    checked(verdict),
  );
}

function meaning(result, kind) {
  const { verdict } = result;
  if (kind === "cannot") return [t(result.kind === "video" ? "means.cannot.video" : "means.cannot"), " ", phrase(because(verdict)), "."];
  if (kind === "error") return [phrase(because(verdict))];
  const rate = kind === "none" ? missed() : kind === "signs" ? falseAlarms() : null;
  return [forModel(`means.${kind}`), rate && " ", rate];
}

function missed() {
  const found = rates?.find((row) => row.key === "modern")?.found;
  return found === undefined || found === null ? null : t("means.none.rate", { found: percent(found) });
}

function falseAlarms() {
  const known = (rates ?? []).map((row) => row.false_alarms).filter((share) => share !== null && share !== undefined);
  if (!known.length) return null;
  return t("means.signs.rate", { low: percent(Math.min(...known)), high: percent(Math.max(...known)) });
}

function details(result) {
  if (result.kind !== "video") return result.faces.length > 1 ? h("p", { class: "soft" }, t("decides", { n: result.faces.length })) : null;
  const rule = result.rule ? h("p", { class: "soft" }, around("decides.video", result.rule)) : null;
  // A mean can hide a stretch that was swapped: that is told beside the verdict.
  const n = result.timeline.filter((point) => kindOf(point) === "signs").length;
  const hidden = n > 0 && kindOf(result.verdict) !== "signs";
  return [hidden ? h("p", { class: "note" }, icon("signs"), h("span", {}, forModel("decides.frames", { n, total: result.timeline.length }))) : null, rule];
}

// A string with a sentence of the program in its middle.
function around(key, rule) {
  const [before, after] = t(key, { rule: "\u0000" }).split("\u0000");
  return [before, phrase(rule), after];
}

/** The borders of the scale, and what lies between them. */
function bands({ score, threshold }) {
  if (model.probability) {
    // As the labels are given: above one half and below the threshold is no verdict either way.
    const middle = Math.min(0.5, threshold);
    return [["none", 0, middle], ["unclear", middle, threshold], ["signs", threshold, 1]].filter(([, from, to]) => to > from);
  }
  const reach = Math.max(1, 1.25 * Math.abs(score - threshold));
  return [["none", threshold - reach, threshold], ["signs", threshold, threshold + reach]];
}

function scale(verdict) {
  const parts = bands(verdict);
  const low = parts[0][1];
  const high = parts[parts.length - 1][2];
  const place = (value) => `${(100 * (value - low)) / (high - low)}%`;
  const words = parts.map(([kind, from, to]) => t("scale.band", { from: borderText(from), to: borderText(to), name: forModel(`band.${kind}`) }));
  const text = [t("scale", { score: scoreText(verdict.score, verdict.threshold), low: borderText(low), high: borderText(high) }), ...words].join(" ");
  const weak = kindOf(verdict) === "cannot";
  return h(
    "div",
    { class: weak ? "scale weak" : "scale" },
    h(
      "div",
      { class: "track", role: "img", "aria-label": text },
      parts.map(([kind, from, to]) => h("span", { class: `band ${kind}`, vars: { "--from": place(from), "--to": place(to) } })),
      parts.slice(1).map(([, from]) => h("span", { class: "border", vars: { "--at": place(from) } }, borderText(from))),
      h("span", { class: "marker", vars: { "--at": place(Math.min(Math.max(verdict.score, low), high)) } }),
    ),
    h(
      "div",
      { class: "names", "aria-hidden": "true" },
      parts.map(([kind, from, to]) => h("span", { class: kind, vars: { "--share": `${(100 * (to - from)) / (high - low)}%` } }, forModel(`band.${kind}`))),
    ),
    weak && h("p", { class: "soft" }, t("score.weak", { score: scoreText(verdict.score, verdict.threshold) })),
  );
}

/** What was looked for in this very file, and what was not. */
function checked(verdict) {
  const part = (name, key, list) =>
    h("div", { class: key }, h("dt", {}, icon(name, 18), t(`scope.${key}`)), h("dd", {}, list.map((text, place) => [place ? "; " : "", phrase(text)])));
  return h("dl", { class: "checked" }, part("check", "for", verdict.checked_for), part("cross", "not", verdict.not_checked_for));
}
