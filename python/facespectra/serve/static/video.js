// A video: player, score over time, and the most suspicious frames as pictures.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import { facePanel, whyOf } from "./face.js";
import { t } from "./language.js";
import { over } from "./queue.js";
import { makeTimeline, timeText } from "./timeline.js";
import { chip, inShort, scoreText } from "./verdict.js";

/** Make the panels of a video, kept while more of it is judged: the player goes on. */
export function makeVideo(item, below) {
  const player = h("video", { src: api.mediaOf(item.id), controls: true, muted: true, playsinline: true, preload: "metadata", "aria-label": t("video.player", { name: item.name }) });
  const unplayable = h("p", { class: "soft", hidden: true }, t("video.unplayable"));
  player.addEventListener("error", () => {
    player.hidden = true;
    unplayable.hidden = false;
  });
  const timeline = makeTimeline((point) => {
    if (player.hidden || point.seconds === null) showFrame(point);
    else player.currentTime = point.seconds;
  });
  player.addEventListener("timeupdate", () => timeline.playAt(player.currentTime));
  const still = h("div", { class: "still" });
  const reasons = h("div", { class: "why" });
  const worst = h("div");
  const looks = h("div");
  let result = null;
  let picked = null;
  let drawn = null;

  function showFrame(point) {
    show(still, h("img", { src: api.frameOf(item.id, point.frame, 1600), alt: t("picture.frame", { frame: String(point.frame), time: timeText(point) }) }));
  }

  function pictures() {
    show(
      worst,
      h("h3", {}, t("worst")),
      h(
        "ul",
        { class: "worst" },
        result.worst.map((one) => {
          const { verdict } = one.face;
          const values = { time: timeText(one), verdict: inShort(verdict), score: scoreText(verdict.score, verdict.threshold) };
          const label = t("worst.pick", values);
          return h(
            "li",
            {},
            h(
              "button",
              { type: "button", "aria-label": label, "aria-pressed": String(one.frame === picked), onclick: () => pick(one.frame, true) },
              h("img", { src: api.frameOf(item.id, one.frame, 400), alt: "" }),
              h("span", { class: "words" }, h("span", {}, timeText(one)), chip(verdict, { score: true })),
            ),
          );
        }),
      ),
    );
  }

  function pick(frame, asked) {
    const finished = over(item);
    picked = frame;
    pictures();
    if (asked) worst.querySelector("[aria-pressed=true]")?.focus();
    const one = result.worst.find((other) => other.frame === frame);
    // The same frame is not drawn twice: zoom and scrolling stay.
    if (drawn === `${frame} ${one.face.sentences?.length}`) return;
    drawn = `${frame} ${one.face.sentences?.length}`;
    const heading = t("picture.frame", { frame: String(frame), time: timeText(one) });
    show(
      looks,
      facePanel({
        heading,
        source: (side) => api.frameOf(item.id, frame, side),
        alt: `${item.name}: ${heading}`,
        width: result.width,
        height: result.height,
        faces: [one.face],
        first: 0,
        chosen: () => undefined,
        below,
        over: finished,
      }).element,
    );
  }

  const element = h(
    "div",
    { class: "video" },
    h(
      "section",
      { class: "card", "aria-label": t("video") },
      h("div", { class: "screen" }, h("div", { class: "frame" }, player, unplayable, still), h("div", { class: "course" }, h("h3", {}, t("timeline")), timeline.element)),
      reasons,
      worst,
    ),
    looks,
  );
  return {
    element,
    update(given) {
      result = given;
      timeline.update(result);
      show(reasons, result.sentences?.length > 0 && whyOf(result, true));
      if (!result.worst.length) return;
      const there = result.worst.some((one) => one.frame === picked);
      pick(there ? picked : result.worst[0].frame, false);
    },
  };
}
