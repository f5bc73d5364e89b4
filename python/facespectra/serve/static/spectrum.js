// The spectrum of a face against what is usual, and the same as a table.

import { area, line, text } from "./axes.js";
import { h, responsive, s, table } from "./dom.js";
import { number, percent, t } from "./language.js";
import { forModel } from "./verdict.js";

const HEIGHT = 220;
const MARGIN = { left: 38, right: 8, top: 10, bottom: 26 };
// Rows of the table: the curve's points, averaged over parts.
const ROWS = 12;

let usual = null;

/** What is usual for photographs, where the model itself knows nothing of spectra. */
export function setUsual(given) {
  usual = given;
}

export function spectrumPanel(given) {
  const { values, is_models_own: own } = given;
  const general = !own && usual?.mean.length === values.length;
  const spectrum = general ? { ...given, real: usual, fake: null } : given;
  const { real, fake } = spectrum;
  const notes = [forModel("spectrum.about"), own ? t("spectrum.own") : t("spectrum.other")];
  if (!real) notes.push(t("spectrum.alone"));
  else notes.push(t("spectrum.outside", { share: percent(outside(values, real)) }));
  if (general) notes.push(t("spectrum.general", { n: usual.n }));
  const chart = responsive((width) => draw(width, spectrum), { class: "chart" });
  return h(
    "section",
    { class: "card", "aria-label": t("spectrum") },
    h("h3", {}, t("spectrum")),
    h("p", { class: "soft" }, notes.join(" ")),
    chart.element,
    h(
      "ul",
      { class: "legend" },
      h("li", { class: "own" }, t("spectrum.face")),
      real && h("li", { class: "usual" }, t("spectrum.usual")),
      fake && h("li", { class: "fake" }, forModel("spectrum.fake")),
    ),
    h("details", {}, h("summary", {}, t("spectrum.table")), asTable(spectrum)),
  );
}

// Two standard deviations hold 95 of 100 usual values.
const REACH = 2;

function outside(values, { mean, sd }) {
  return values.filter((value, place) => Math.abs(value - mean[place]) > REACH * sd[place]).length / values.length;
}

function draw(width, { values, real, fake }) {
  const bands = real ? [real.mean.map((one, place) => one - REACH * real.sd[place]), real.mean.map((one, place) => one + REACH * real.sd[place])] : [];
  const all = [values, fake?.mean ?? [], ...bands].flat();
  const low = Math.min(...all);
  const high = Math.max(...all);
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = (place) => MARGIN.left + ((right - MARGIN.left) * place) / (values.length - 1);
  const y = (value) => bottom - ((bottom - MARGIN.top) * (value - low)) / (high - low || 1);
  const points = (row) => row.map((value, place) => [x(place), y(value)]);
  const ticks = [low, (low + high) / 2, high];
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": t(real ? "spectrum.alt" : "spectrum.alt.alone") },
    ticks.map((value) => [
      s("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
      text(MARGIN.left - 6, y(value) + 4, number(value), { class: "tick", "text-anchor": "end" }),
    ]),
    real && s("path", { class: "usual", d: area(points(bands[1]), points(bands[0])) }),
    real && s("path", { class: "usual-mean", d: line(points(real.mean)) }),
    fake && s("path", { class: "fake", d: line(points(fake.mean)) }),
    s("path", { class: "own", d: line(points(values)) }),
    text(MARGIN.left, HEIGHT - 8, `← ${t("spectrum.coarse")}`, { class: "tick" }),
    text(right, HEIGHT - 8, `${t("spectrum.fine")} →`, { class: "tick", "text-anchor": "end" }),
  );
}

function asTable({ values, real, fake }) {
  const mean = (row, from, to) => number(row.slice(from, to).reduce((sum, one) => sum + one, 0) / (to - from), 3);
  const heads = [t("spectrum.part"), t("spectrum.face"), real && t("spectrum.usual"), fake && forModel("spectrum.fake")].filter(Boolean);
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const from = Math.round((row * values.length) / ROWS);
    const to = Math.round(((row + 1) * values.length) / ROWS);
    const part = `${percent(row / ROWS)} – ${percent((row + 1) / ROWS)} %`;
    return [part, mean(values, from, to), real && mean(real.mean, from, to), fake && mean(fake.mean, from, to)].filter(Boolean);
  });
  return table(t("spectrum"), heads, rows, { numeric: [1, 2, 3], hidden: true });
}
