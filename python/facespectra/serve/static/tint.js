// What the regions of a face add to the verdict, laid over the picture.

import { h, s, unique } from "./dom.js";

const sign = (amount) => (amount > 0 ? "for" : "against");

// Strokes for, dots against: the colours are not alone.
function patterns(prefix, unit) {
  const pattern = (name, ...children) =>
    s("pattern", { id: `${prefix}-${name}`, class: name, width: unit, height: unit, patternUnits: "userSpaceOnUse" }, s("rect", { width: unit, height: unit, class: "ground" }), children);
  const line = s("path", { d: `M0 ${unit}L${unit} 0M${-unit / 4} ${unit / 4}L${unit / 4} ${-unit / 4}M${0.75 * unit} ${1.25 * unit}L${1.25 * unit} ${0.75 * unit}`, "stroke-width": unit / 7 });
  return s("defs", {}, pattern("for", line), pattern("against", s("circle", { cx: unit / 2, cy: unit / 2, r: unit / 6.5 })));
}

const path = (lines) => lines.map((points) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}Z`).join("");

/** The regions of a face as an SVG over a picture of that size. */
export function regionTint(face, width, height) {
  const largest = Math.max(...face.regions.map(({ amount }) => Math.abs(amount)), 1e-9);
  const prefix = unique("tint");
  const unit = Math.max(3, (face.box[2] - face.box[0]) / 26);
  return s(
    "svg",
    { class: "tint", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    patterns(prefix, unit),
    face.regions.map(({ name, amount, outline, outlines }) =>
      s("path", {
        d: path(outlines ?? [outline]),
        class: `region ${sign(amount)} ${name}`,
        fill: `url(#${prefix}-${sign(amount)})`,
        "fill-rule": "evenodd",
        "fill-opacity": (0.25 + (0.75 * Math.abs(amount)) / largest).toFixed(3),
      }),
    ),
  );
}

/** The finer map of a face: as an image of its cells, placed over the picture. */
export function placeTint({ tint }, width, height) {
  const canvas = h("canvas", { class: "tint places", width: tint.width, height: tint.height, "aria-hidden": "true" });
  const largest = Math.max(...tint.values.flat().map(Math.abs), 1e-9);
  const pixels = new ImageData(tint.width, tint.height);
  tint.values.flat().forEach((value, place) => {
    const [red, green, blue] = value > 0 ? [224, 101, 63] : [42, 157, 143];
    pixels.data.set([red, green, blue, Math.round(255 * Math.min(1, Math.abs(value) / largest))], 4 * place);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  const [x0, y0, x1, y1] = tint.box;
  const share = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(canvas.style, { left: share(x0, width), top: share(y0, height), width: share(x1 - x0, width), height: share(y1 - y0, height) });
  return canvas;
}
