// A picture with its faces, and why the chosen one has its verdict.

import { h, show, unique } from "./dom.js";
import { has, number, phrase, t } from "./language.js";
import { spectrumPanel } from "./spectrum.js";
import { placeTint, regionTint } from "./tint.js";
import { chip, forModel } from "./verdict.js";
import { makeViewer } from "./viewer.js";

// How the tint was set last; it holds for the next picture, too.
const tint = { strength: 60, places: false };

/**
 * The picture beside the reasons. `first` is the number of the face that is shown, `chosen` is told of another one,
 * `below` is what the spectrum and numbers of the face are put into. `update` takes the faces as they are known later.
 */
export function facePanel({ heading, source, alt, width, height, faces, first, chosen, below, over = false }) {
  const reasons = h("div", { class: "why" });
  const viewer = makeViewer({ source, alt, width, height, faces, select: pick });
  let shown = first;
  let finished = over;

  function pick(place) {
    chosen(place);
    shown = place;
    render();
  }
  function overlay(face) {
    const tinted = tint.places && face.tint ? placeTint(face, width, height) : face.regions.length ? regionTint(face, width, height) : null;
    tinted?.style.setProperty("opacity", tint.strength / 100);
    return tinted;
  }
  function render() {
    const face = faces[shown];
    const redraw = () => viewer.mark(shown, overlay(face));
    redraw();
    show(reasons, faces.length > 1 && picker(shown), whyOf(face, finished), face.regions.length > 0 && controls(face, redraw));
    show(below, face.spectrum && spectrumPanel(face.spectrum), face.numbers?.length > 0 && numbersOf(face));
  }
  function picker(place) {
    return h(
      "ul",
      { class: "faces", "aria-label": t("faces") },
      faces.map((face, other) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "pick",
              "aria-pressed": String(other === place),
              onclick: () => {
                pick(other);
                // The list was made anew: the same button has the focus again.
                reasons.querySelectorAll(".faces button")[other].focus();
              },
            },
            h("span", {}, t("face.name", { number: other + 1 })),
            chip(face.verdict, { score: true }),
          ),
        ),
      ),
    );
  }
  // A wide picture has the reasons below it, a narrow one beside it.
  const wide = width > 1.3 * height;
  const element = h(
    "section",
    { class: "card looks", "aria-label": heading },
    h("h3", {}, heading),
    h("div", { class: wide ? "beside wide" : "beside" }, viewer.element, faces.length > 0 && reasons),
  );
  if (faces.length) render();
  return {
    element,
    update(later) {
      faces = later;
      finished = true;
      if (faces.length) render();
    },
  };
}

/** The three sentences of a face or a video. */
export function whyOf({ sentences }, finished) {
  if (!sentences.length) return [h("h4", {}, t("why")), h("p", { class: "soft" }, t(finished ? "why.none" : "why.soon"))];
  return [h("h4", {}, t("why")), h("ol", { class: "sentences" }, sentences.map((text) => h("li", {}, phrase(text))))];
}

function controls(face, redraw) {
  const id = unique("strength");
  const slider = h("input", {
    id,
    type: "range",
    min: "0",
    max: "100",
    step: "5",
    value: tint.strength,
    oninput: (event) => {
      tint.strength = Number(event.target.value);
      redraw();
    },
  });
  return h(
    "div",
    { class: "tinting" },
    h("h4", {}, t("why.regions")),
    regionBars(face),
    h("p", { class: "slide" }, h("label", { for: id }, t("tint")), slider),
    face.tint && ways(redraw),
  );
}

function regionBars({ regions }) {
  const largest = Math.max(...regions.map(({ amount }) => Math.abs(amount)));
  return h(
    "ul",
    { class: "amounts" },
    regions.map(({ name, title, amount }) => {
      const side = amount > 0 ? "for" : "against";
      const bar = h("span", { class: `amount ${side}`, vars: { "--share": `${(50 * Math.abs(amount)) / largest}%` } });
      return h(
        "li",
        {},
        h("span", { class: "name" }, has(`region.${name}`) ? t(`region.${name}`) : title),
        h("span", { class: "rail", "aria-hidden": "true" }, bar),
        h("span", { class: "soft small" }, forModel(`tint.${side}`)),
      );
    }),
  );
}

function ways(redraw) {
  const name = unique("way");
  const way = (places, key) => {
    const radio = h("input", {
      type: "radio",
      name,
      checked: tint.places === places,
      onchange: () => {
        tint.places = places;
        redraw();
      },
    });
    return h("label", {}, radio, " ", t(key));
  };
  return h("fieldset", { class: "ways" }, h("legend", { class: "unseen" }, t("tint.how")), way(false, "tint.regions"), way(true, "tint.places"));
}

function numbersOf({ numbers }) {
  const rows = numbers.map(({ name, amount }) => [h("code", {}, name), `${amount > 0 ? "+" : "−"}${number(Math.abs(amount), 3)}`]);
  return h(
    "details",
    { class: "card" },
    h("summary", {}, t("numbers")),
    h("p", { class: "soft" }, forModel("numbers.about")),
    numbersTable(rows),
  );
}

function numbersTable(rows) {
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("numbers.name")), h("th", { scope: "col", class: "number" }, t("numbers.amount")))),
    h("tbody", {}, rows.map(([name, amount]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, amount)))),
  );
}
