// The scores of a video's frames over time, with gaps where there is none; a click or a key goes to a frame.

import { line, text } from "./axes.js";
import { h, responsive, s, table } from "./dom.js";
import { seconds, t } from "./language.js";
import { borderText, chip, inShort, kindOf, scoreText } from "./verdict.js";

const HEIGHT = 190;
const MARGIN = { left: 38, right: 10, top: 12, bottom: 40 };

// Where a video does not tell its times, the numbers of the frames stand for them.
const when = (point) => point.seconds ?? point.frame;
export const timeText = (point) => (point.seconds === null ? `#${point.frame}` : seconds(point.seconds));

/** Make the chart; `seek` gets the point of the timeline that was chosen. */
export function makeTimeline(seek) {
  let result = null;
  let at = 0;
  let playing = 0;
  const chart = responsive((width) => drawing(width), { class: "chart timeline" });
  const { element } = chart;
  Object.entries({ tabindex: "0", role: "slider", "aria-label": t("timeline.keys"), "aria-valuemin": "0" }).forEach(([name, value]) => element.setAttribute(name, value));
  const rows = h("div");

  const timed = () => result.timeline.every((point) => point.seconds !== null);
  const scale = (width) => {
    const { timeline, verdict, duration } = result;
    const scores = timeline.map((one) => one.score).filter((one) => one !== null);
    const inside = [...scores, verdict.threshold].every((one) => one >= 0 && one <= 1);
    const low = inside ? 0 : Math.min(...scores, verdict.threshold);
    const high = inside ? 1 : Math.max(...scores, verdict.threshold);
    const bottom = HEIGHT - MARGIN.bottom;
    const length = Math.max(timed() && duration ? duration : 0, ...timeline.map(when)) || 1;
    return {
      low,
      high,
      bottom,
      right: width - MARGIN.right,
      x: (time) => MARGIN.left + ((width - MARGIN.right - MARGIN.left) * Math.min(time, length)) / length,
      y: (score) => bottom - ((bottom - MARGIN.top) * (score - low)) / (high - low || 1),
      time: (x) => ((x - MARGIN.left) / (width - MARGIN.right - MARGIN.left)) * length,
      length,
    };
  };

  // Of a face that can't be told the score means nothing: it is a gap.
  const told = (point) => point.score !== null && !["cannot", "noface", "error"].includes(kindOf(point));

  function drawing(width) {
    const { timeline, verdict } = result;
    const { x, y, low, high, bottom, right, length } = scale(width);
    const points = timeline.map((point) => (told(point) ? [x(when(point)), y(point.score)] : null));
    return s(
      "svg",
      { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" },
      [low, high].map((value) => [
        s("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
        text(MARGIN.left - 6, y(value) + 4, borderText(value), { class: "tick", "text-anchor": "end" }),
      ]),
      s("rect", { class: "above", x: MARGIN.left, y: MARGIN.top, width: right - MARGIN.left, height: Math.max(0, y(verdict.threshold) - MARGIN.top) }),
      s("line", { class: "threshold", x1: MARGIN.left, x2: right, y1: y(verdict.threshold), y2: y(verdict.threshold) }),
      text(MARGIN.left - 6, y(verdict.threshold) + 4, borderText(verdict.threshold), { class: "tick", "text-anchor": "end" }),
      s("path", { class: "own", d: line(points) }),
      timeline.map((point, place) =>
        points[place]
          ? s("circle", { class: `point ${kindOf(point)}`, cx: points[place][0].toFixed(1), cy: points[place][1].toFixed(1), r: 3.2 })
          : gap(x(when(point)), bottom + 8, kindOf(point)),
      ),
      text(MARGIN.left, HEIGHT - 8, timed() ? seconds(0) : "#0", { class: "tick" }),
      text(right, HEIGHT - 8, timed() ? seconds(length) : `#${length}`, { class: "tick", "text-anchor": "end" }),
      s("line", { class: "now", x1: x(playing), x2: x(playing), y1: MARGIN.top, y2: bottom + 14 }),
    );
  }

  function go(place) {
    at = Math.min(Math.max(place, 0), result.timeline.length - 1);
    playing = when(result.timeline[at]);
    describe();
    chart.redraw();
    seek(result.timeline[at]);
  }
  function describe() {
    const point = result.timeline[at];
    const values = { time: timeText(point), verdict: inShort(point), score: told(point) ? scoreText(point.score) : "" };
    element.setAttribute("aria-valuemax", String(result.timeline.length - 1));
    element.setAttribute("aria-valuenow", String(at));
    element.setAttribute("aria-valuetext", t(told(point) ? "timeline.point" : "timeline.gap", values));
  }
  const nearest = (time) => {
    const distances = result.timeline.map((point) => Math.abs(when(point) - time));
    return distances.indexOf(Math.min(...distances));
  };
  element.addEventListener("click", (event) => {
    const { left, width } = element.getBoundingClientRect();
    go(nearest(scale(width).time(event.clientX - left)));
  });
  element.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: result.timeline.length - 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    go(steps[event.key]);
  });

  return {
    element: h("div", {}, element, legend(), h("details", {}, h("summary", {}, t("timeline.table")), rows)),
    /** Show a result, or as much as there is of it. */
    update(given) {
      result = given;
      at = Math.min(at, result.timeline.length - 1);
      describe();
      chart.redraw();
      rows.replaceChildren(asTable(result, go));
    },
    /** The player is at that time. */
    playAt(time) {
      playing = time;
      at = nearest(time);
      describe();
      chart.redraw();
    },
  };
}

// A square for no face, a cross for can't tell.
function gap(x, y, kind) {
  if (kind === "noface") return s("rect", { class: "gap", x: (x - 3).toFixed(1), y: y - 3, width: 6, height: 6 });
  return s("path", { class: "gap", d: `M${(x - 3).toFixed(1)} ${y - 3}l6 6m0-6l-6 6` });
}

function legend() {
  const sign = (...children) => s("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, children);
  return h(
    "ul",
    { class: "legend signs" },
    h("li", {}, sign(s("circle", { class: "point", cx: 7, cy: 7, r: 3.2 })), t("timeline.legend.score")),
    h("li", {}, sign(s("line", { class: "threshold", x1: 0, x2: 14, y1: 7, y2: 7 })), t("timeline.threshold")),
    h("li", {}, sign(gap(7, 7, "noface")), t("short.noface")),
    h("li", {}, sign(gap(7, 7, "cannot")), t("short.cannot")),
  );
}

function asTable({ timeline, verdict }, go) {
  const rows = timeline.map((point, place) => [
    h("button", { type: "button", class: "link", onclick: () => go(place) }, timeText(point)),
    String(point.frame),
    point.score === null ? "–" : scoreText(point.score, verdict.threshold),
    chip(point),
  ]);
  return table(t("timeline"), [t("column.time"), t("column.frame"), t("column.score"), t("column.verdict")], rows, { numeric: [1, 2], hidden: true });
}
