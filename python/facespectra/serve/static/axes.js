// What the charts share: lines and areas in SVG.

import { s } from "./dom.js";

/** The path of points; null among them is a gap. */
export function line(points) {
  let pen = "M";
  return points
    .map((point) => {
      if (point === null) {
        pen = "M";
        return "";
      }
      const drawn = `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
      pen = "L";
      return drawn;
    })
    .join("");
}

/** The area between two rows of points. */
export function area(above, below) {
  return `${line(above)}${line([...below].reverse()).replace("M", "L")}Z`;
}

export function text(x, y, words, properties = {}) {
  return s("text", { x: x.toFixed(1), y: y.toFixed(1), ...properties }, words);
}

