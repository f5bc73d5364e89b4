// The list of what was checked; it lives as long as the page.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./language.js";
import { phaseText, shareOf } from "./progress.js";
import { items, over } from "./queue.js";
import { chip } from "./verdict.js";

const drawn = new Map();

/** Bring the list up to date. `act` has select, cancel and remove, each of an item. */
export function showList(chosen, act) {
  const list = document.getElementById("items");
  for (const key of drawn.keys()) if (!items.some((item) => item.key === key)) drawn.delete(key);
  const elements = items.map((item) => {
    const one = drawn.get(item.key) ?? makeRow(item, act);
    drawn.set(item.key, one);
    one.update(item === chosen);
    return one.element;
  });
  // Nothing is moved that stands where it should: what has the focus keeps it.
  elements.forEach((element, place) => list.children[place] !== element && list.insertBefore(element, list.children[place] ?? null));
  while (list.children.length > elements.length) list.lastChild.remove();
}

/** The language is another one: all rows are made anew. */
export function forgetList() {
  drawn.clear();
  document.getElementById("items").replaceChildren();
}

function makeRow(item, act) {
  const picture = h("span", { class: "thumb" });
  const state = h("span", { class: "state" });
  const bar = h("span", { class: "done" });
  const track = h("span", { class: "meter", "aria-hidden": "true" }, bar);
  const choose = h("button", { type: "button", class: "item", onclick: () => act.select(item) }, picture, h("span", { class: "about" }, h("span", { class: "name" }, item.name), state, track));
  const end = h("button", { type: "button", class: "tool quiet", onclick: () => (over(item) ? act.remove(item) : act.cancel(item)) }, icon("cross", 18));
  let shown = null;
  const thumbnail = () => {
    const { result } = item;
    const want = !item.id || !result ? (item.kind ?? "none") : result.kind === "video" ? `frame ${result.worst?.[0]?.frame ?? result.timeline?.[0]?.frame}` : "picture";
    if (want === shown) return;
    shown = want;
    const source = want === "picture" ? api.pictureOf(item.id, 400) : want.startsWith("frame ") && want !== "frame undefined" ? api.frameOf(item.id, want.slice(6), 400) : null;
    show(picture, source ? h("img", { src: source, alt: "" }) : icon(want === "video" ? "film" : "face", 26));
  };
  return {
    element: h("li", {}, choose, end),
    update(current) {
      choose.setAttribute("aria-current", current ? "true" : "false");
      const label = t(over(item) ? "item.remove" : "item.cancel.name", { name: item.name });
      end.setAttribute("aria-label", label);
      end.title = label;
      const partial = item.result && !over(item);
      if (item.phase === "done") show(state, chip(item.result.verdict));
      else if (item.phase === "failed") show(state, h("span", { class: "chip error" }, icon("error", 16), t("phase.failed")));
      else show(state, h("span", { class: "soft" }, phaseText(item)), partial && chip(item.result.verdict));
      const share = shareOf(item);
      track.hidden = over(item) || item.phase === "waiting";
      track.classList.toggle("unknown", share === null);
      bar.style.setProperty("--share", `${100 * (share ?? 1)}%`);
      thumbnail();
    },
  };
}
