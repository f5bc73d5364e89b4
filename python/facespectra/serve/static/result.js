// The result of the chosen item, from its first step to its verdict.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import { facePanel } from "./face.js";
import { factsPanel, savePanel } from "./facts.js";
import { icon } from "./icons.js";
import { phrase, t } from "./language.js";
import { phaseText, shareOf } from "./progress.js";
import { over } from "./queue.js";
import { verdictCard } from "./verdict.js";
import { makeVideo } from "./video.js";

let current = null;

/** Show an item; `act.cancel` stops it. Without one, nothing. */
export function showResult(item, act) {
  // A player that is only taken off the page would keep its connection, and there are few.
  for (const player of document.querySelectorAll("#result video")) {
    player.removeAttribute("src");
    player.load();
  }
  current = item ? makeResult(item, act) : null;
  show(document.getElementById("result"), current?.element);
  current?.update("selected");
}

/** Something of an item has changed. */
export function updateResult(item, what) {
  if (current?.item === item) current.update(what);
}

export function focusResult() {
  document.querySelector("#result h2")?.focus();
}

function makeResult(item, act) {
  const words = h("span");
  const bar = h("span", { class: "done" });
  const cancel = h("button", { type: "button", class: "button", onclick: () => act.cancel(item) }, icon("cross", 18), t("item.cancel"));
  const progress = h("div", { class: "card running" }, h("p", {}, words), h("span", { class: "meter", "aria-hidden": "true" }, bar), cancel);
  const verdict = h("div");
  const looks = h("div");
  const below = h("div", { class: "below" });
  const about = h("div", { class: "below" });
  const heading = h("h2", { tabindex: "-1" }, item.name);
  const element = h("article", { "aria-label": item.name }, heading, progress, verdict, looks, below, about);
  let video = null;
  let panel = null;
  let face = null;

  function update(what) {
    const running = !over(item);
    const focused = progress.contains(document.activeElement);
    progress.hidden = !running;
    // What had the focus is gone: the heading has it, and not the whole page.
    if (!running && focused) heading.focus();
    if (running) {
      const share = shareOf(item);
      words.textContent = phaseText(item);
      bar.parentElement.classList.toggle("unknown", share === null);
      bar.style.setProperty("--share", `${100 * (share ?? 1)}%`);
    }
    if (what === "progress") return;
    if (item.phase === "failed") show(verdict, failure(item));
    else if (item.phase === "cancelled") show(verdict, h("div", { class: "verdict cancelled" }, headline("cancelled", t("phase.cancelled"))));
    if (!item.result) {
      if (!running) show(looks), show(below), show(about);
      return;
    }
    const { result } = item;
    const partial = running && result.kind === "video" ? t("partial", { done: result.timeline.length, total: item.progress.total ?? result.timeline.length }) : null;
    show(verdict, verdictCard(result, partial));
    if (result.kind === "video") {
      if (!video) {
        video = makeVideo(item, below);
        show(looks, video.element);
      }
      video.update(result);
    } else if (panel) panel.update(result.faces);
    else {
      panel = picture(result);
      show(looks, panel.element);
    }
    if (running) return;
    show(about, factsPanel(result), savePanel(item));
  }

  function picture(result) {
    return facePanel({
      heading: t("picture"),
      source: (side) => api.pictureOf(item.id, side),
      alt: t("picture.alt", { name: item.name, width: String(result.width), height: String(result.height) }),
      width: result.width,
      height: result.height,
      faces: result.faces,
      first: face ?? deciding(result),
      chosen: (place) => {
        face = place;
      },
      below,
      over: over(item),
    });
  }
  return { item, element, update };
}

// The face that the verdict on the whole picture is of.
function deciding({ faces, verdict }) {
  const place = faces.findIndex((face) => verdict.box && String(face.box) === String(verdict.box));
  return Math.max(place, 0);
}

function headline(kind, words) {
  return h("div", { class: "headline" }, h("span", { class: "disc" }, icon(kind, 30)), h("p", { class: "words" }, h("strong", {}, words)));
}

function failure(item) {
  const told = item.english ? phrase : (text) => text;
  const remedy = item.remedy();
  return h("div", { class: "verdict error" }, headline("error", t("verdict.error")), h("p", { class: "meaning" }, told(item.error())), remedy && h("p", {}, told(remedy)));
}
