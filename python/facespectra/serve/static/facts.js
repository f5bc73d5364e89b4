// What is known of the file, and ways to keep the result.

import * as api from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { bytes, number, phrase, seconds, t } from "./language.js";

// Of the program's own facts, those that stand here anyway.
const SHOWN = new Set(["Format", "Size"]);

export function factsPanel(result) {
  const { file } = result;
  const rows = [
    file.format ? [t("file.format"), file.format] : null,
    [t("file.size"), bytes(file.bytes)],
    [t("file.pixels"), `${number(result.width, 0)} × ${number(result.height, 0)}`],
    result.kind === "video" && result.duration ? [t("file.duration"), seconds(result.duration)] : null,
    result.kind === "video" && result.n_frames ? [t("file.frames"), number(result.n_frames, 0)] : null,
    ...file.details.filter(({ name }) => !SHOWN.has(name)).map(({ name, value }) => [phrase(name), phrase(String(value))]),
    result.took === null || result.took === undefined ? null : [t("file.took"), t("file.took.value", { value: number(result.took, result.took < 10 ? 1 : 0) })],
    [t("file.hash"), h("code", {}, file.sha256)],
  ].filter(Boolean);
  return h(
    "section",
    { class: "card", "aria-label": t("file") },
    h("h3", {}, t("file")),
    h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
  );
}

export function savePanel(item) {
  return h(
    "section",
    { class: "card", "aria-label": t("save") },
    h("h3", {}, t("save")),
    h(
      "p",
      { class: "buttons" },
      ["html", "pdf", "json"].map((kind) => h("a", { class: "button", href: api.reportOf(item.id, kind), download: "" }, icon("down", 18), t(`save.${kind}`))),
    ),
    h("p", { class: "soft small" }, t("save.note")),
  );
}
