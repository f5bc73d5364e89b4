// A picture to zoom and move, with a box around each face and what is laid over it.

import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { chip, inShort, kindOf, scoreText } from "./verdict.js";

const MOST = 12;
const STEP = 1.4;
// Pixels that a pointer may move and still click.
const STILL = 5;

/**
 * Make a viewer. `source(side)` is the address of the picture with that longest side; `faces` have a box and a
 * verdict each; `select` is called with the number of a face that was chosen.
 */
export function makeViewer({ source, alt, width, height, faces, select, above = null }) {
  const image = h("img", { src: source(1600), alt, draggable: "false" });
  const boxes = faces.map((face, place) => boxOf(face, place, faces.length, width, height, () => select(place)));
  const layer = h("div", { class: "layer" });
  const stage = h("div", { class: "stage" }, image, layer, h("div", { class: "boxes" }, boxes));
  const port = h("div", { class: "port", tabindex: "0", role: "group", "aria-label": t("picture.keys") }, stage);
  const view = { zoom: 1, x: 0, y: 0, base: 1, width, height, port, stage };
  image.addEventListener("error", () => port.append(h("p", { class: "soft failed" }, t("bad.picture"))), { once: true });

  function place() {
    // The picture fits into the port at zoom 1; its middle is at (x, y) from the port's middle.
    const across = port.clientWidth;
    const down = port.clientHeight;
    view.base = Math.min(across / width, down / height) || 1;
    const full = [width * view.base * view.zoom, height * view.base * view.zoom];
    const reach = [Math.max(0, (full[0] - across) / 2), Math.max(0, (full[1] - down) / 2)];
    view.x = Math.min(reach[0], Math.max(-reach[0], view.x));
    view.y = Math.min(reach[1], Math.max(-reach[1], view.y));
    stage.style.width = `${width * view.base}px`;
    stage.style.height = `${height * view.base}px`;
    stage.style.transform = `translate(-50%, -50%) translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
    stage.style.setProperty("--inverse", 1 / view.zoom);
    port.classList.toggle("zoomed", view.zoom > 1);
    // Zoomed in, more of the picture's pixels can be seen.
    if (view.zoom * view.base * devicePixelRatio > 1600 / Math.max(width, height, 1601)) sharpen();
  }
  function sharpen() {
    if (image.dataset.large || view.zoom === 1 || Math.max(width, height) <= 1600) return;
    image.dataset.large = "yes";
    image.src = source(4096);
  }
  function zoomTo(zoom, at = [0, 0]) {
    const next = Math.min(MOST, Math.max(1, zoom));
    const factor = next / view.zoom;
    view.x = at[0] - (at[0] - view.x) * factor;
    view.y = at[1] - (at[1] - view.y) * factor;
    view.zoom = next;
    place();
  }
  function fit() {
    Object.assign(view, { zoom: 1, x: 0, y: 0 });
    place();
  }
  function toFace(number) {
    const [x0, y0, x1, y1] = faces[number].box;
    const zoom = Math.min(MOST, 0.7 * Math.min(port.clientWidth / ((x1 - x0) * view.base), port.clientHeight / ((y1 - y0) * view.base)));
    view.zoom = Math.max(1, zoom);
    view.x = -((x0 + x1) / 2 - width / 2) * view.base * view.zoom;
    view.y = -((y0 + y1) / 2 - height / 2) * view.base * view.zoom;
    place();
  }

  listen(view, { place, zoomTo, fit });
  new ResizeObserver(place).observe(port);
  let chosen = 0;
  const button = (name, label, action) => h("button", { type: "button", class: "tool", title: t(label), "aria-label": t(label), onclick: action }, icon(name));
  const tools = h(
    "div",
    { class: "tools" },
    button("minus", "zoom.out", () => zoomTo(view.zoom / STEP)),
    button("plus", "zoom.in", () => zoomTo(view.zoom * STEP)),
    button("fit", "zoom.fit", fit),
    faces.length > 0 && button("face", "zoom.face", () => toFace(chosen)),
    h("span", { class: "soft small hint" }, t("zoom.hint")),
  );
  port.style.setProperty("--ratio", `${width} / ${height}`);
  return {
    element: h("div", { class: "viewer" }, above, port, tools),
    /** Mark a face as chosen, and lay elements over the picture. */
    mark(number, ...over) {
      chosen = number;
      boxes.forEach((box, place) => box.setAttribute("aria-pressed", String(place === number)));
      show(layer, ...over);
    },
  };
}

function boxOf({ box, verdict }, place, total, width, height, choose) {
  const [x0, y0, x1, y1] = box;
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const score = verdict.score !== null && kindOf(verdict) !== "cannot";
  const label = t(score ? "face.score" : "face", {
    number: place + 1,
    total,
    verdict: inShort(verdict),
    score: score ? scoreText(verdict.score, verdict.threshold) : "",
  });
  return h(
    "button",
    {
      type: "button",
      class: `box ${kindOf(verdict)}${y0 < 0.12 * height ? " below" : ""}${x0 > 0.6 * width ? " right" : ""}`,
      "aria-label": label,
      "aria-pressed": "false",
      onclick: choose,
      vars: { left: share(x0, width), top: share(y0, height), width: share(x1 - x0, width), height: share(y1 - y0, height) },
    },
    h("span", { class: "tag" }, total > 1 && h("span", { class: "which" }, String(place + 1)), chip(verdict, { score: true })),
  );
}

/** Keys, wheel and pointers. */
function listen(view, { place, zoomTo, fit }) {
  const { port } = view;
  const fromMiddle = (event) => {
    const { left, top, width, height } = port.getBoundingClientRect();
    return [event.clientX - left - width / 2, event.clientY - top - height / 2];
  };
  const move = (x, y) => {
    view.x += x;
    view.y += y;
    place();
  };
  const keys = {
    "+": () => zoomTo(view.zoom * STEP),
    "=": () => zoomTo(view.zoom * STEP),
    "-": () => zoomTo(view.zoom / STEP),
    0: fit,
    ArrowLeft: () => move(60, 0),
    ArrowRight: () => move(-60, 0),
    ArrowUp: () => move(0, 60),
    ArrowDown: () => move(0, -60),
  };
  port.addEventListener("keydown", (event) => {
    // With everything in sight the arrows scroll the page, as ever.
    const moves = event.key.startsWith("Arrow");
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys) || (moves && view.zoom === 1)) return;
    event.preventDefault();
    keys[event.key]();
  });
  port.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomTo(view.zoom * Math.exp(-event.deltaY / 200), fromMiddle(event));
    },
    { passive: false },
  );
  port.addEventListener("dblclick", (event) => zoomTo(view.zoom > 1 ? 1 : 2.5, fromMiddle(event)));

  const pointers = new Map();
  let travelled = 0;
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };
  port.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event);
    travelled = 0;
  });
  port.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    if (pointers.size === 2) {
      const old = spread();
      pointers.set(event.pointerId, event);
      zoomTo(view.zoom * (spread() / old), fromMiddle(event));
      return;
    }
    pointers.set(event.pointerId, event);
    const by = [event.clientX - before.clientX, event.clientY - before.clientY];
    travelled += Math.hypot(...by);
    if (view.zoom === 1) return;
    if (travelled > STILL) port.setPointerCapture(event.pointerId);
    move(...by);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) port.addEventListener(end, (event) => pointers.delete(event.pointerId));
  // What ends a drag is no click on the face below it.
  port.addEventListener("click", (event) => travelled > STILL && view.zoom > 1 && event.stopPropagation(), true);
}
