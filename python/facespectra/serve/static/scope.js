// What the model can tell and what it can't, always in sight.

import { h, show, table } from "./dom.js";
import { icon } from "./icons.js";
import { has, percent, phrase, t } from "./language.js";

const listed = (name, texts) => h("ul", { class: "ticks" }, texts.map((text) => h("li", {}, icon(name, 18), phrase(text))));

const share = (value) => {
  if (value === null || value === undefined) return "–";
  return h("span", { class: "share" }, h("span", { class: "bar", vars: { "--share": `${100 * value}%` } }), h("span", {}, percent(value)));
};

/** Show it in the panel. */
export function showScope(info) {
  const rows = info.reliability?.rows;
  show(
    document.getElementById("scope-body"),
    h(
      "div",
      {},
      h("h3", {}, t("scope.for")),
      listed("check", info.checked_for),
      h("h3", {}, t("scope.not")),
      listed("cross", info.not_checked_for),
      h("p", { class: "never" }, t("scope.never")),
    ),
    h(
      "div",
      {},
      h("h3", {}, t("scope.right")),
      rows ? rates(rows) : h("p", { class: "soft" }, t("scope.unknown")),
      rows?.some((row) => row.key === "web") && h("p", { class: "soft small" }, t("scope.web")),
      rows && info.reliability.card && h("p", { class: "soft small" }, t("scope.card", { card: info.reliability.card })),
      h("p", { class: "soft small" }, `${t("scope.model")}: ${info.model.name}, facespectra ${info.version}`),
    ),
  );
}

function rates(rows) {
  return table(
    t("scope.right.note"),
    [t("scope.kind"), t("scope.found"), t("scope.false"), t("scope.cannot")],
    rows.map((row) => [has(`rows.${row.key}`) ? t(`rows.${row.key}`) : row.title, share(row.found), share(row.false_alarms), share(row.cannot_tell)]),
    { numeric: [1, 2, 3] },
  );
}
