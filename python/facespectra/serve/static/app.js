// The page: files come in, the list and the chosen result follow.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { showSamples, watch } from "./intake.js";
import { bytes, language, languages, onLanguage, setLanguage, t, translate } from "./language.js";
import { forgetList, showList } from "./list.js";
import * as queue from "./queue.js";
import { focusResult, showResult, updateResult } from "./result.js";
import { showScope } from "./scope.js";
import { setUsual } from "./spectrum.js";
import { forModel, inWords, setModel } from "./verdict.js";

const NAMES = { en: "English", de: "Deutsch" };
// The server closes what has asked for nothing in two hours.
const STILL_HERE = 20 * 60 * 1000;

let chosen = null;
let info = null;
let samples = [];
let complaint = null;

const act = {
  select(item) {
    choose(item);
    focusResult();
  },
  cancel: queue.cancel,
  remove(item) {
    const place = queue.items.indexOf(item);
    queue.remove(item);
    say(t("say.removed", { name: item.name }));
    const next = queue.items[Math.min(place, queue.items.length - 1)] ?? null;
    if (item === chosen) choose(next);
    (document.querySelectorAll("#items .item")[queue.items.indexOf(next)] ?? document.getElementById("choose")).focus();
  },
};

function say(text) {
  document.getElementById("status").textContent = text;
}

function choose(item) {
  chosen = item;
  showResult(item, act);
  showAll();
}

function take(files) {
  complain(null);
  const before = queue.items.length;
  const left = queue.add(files);
  if (left) complain(() => t("bad.many", { left, most: info.limits.files }));
  const added = queue.items.length - before;
  if (!added) return;
  say(t("say.added", { n: added }));
  // What comes in is shown; of several, the first.
  choose(queue.items[before]);
}

/** Show a complaint that is no item's, given as a function so that it can be told in another language. */
function complain(text) {
  complaint = text;
  const box = document.getElementById("complaint");
  box.hidden = !text;
  show(box, text && [icon("error"), h("span", {}, text())]);
}

function showAll() {
  document.body.classList.toggle("empty", queue.items.length === 0);
  document.getElementById("drop-title").textContent = t(queue.items.length ? "drop.more" : "drop.title");
  showList(chosen, act);
}

// Some kinds are read where an extra is installed.
function kinds(accept) {
  const extra = { HEIC: ".heic", AVIF: ".avif" };
  return ["JPEG", "PNG", "WebP", "HEIC", "AVIF", "MP4", "MOV", "WebM"].filter((one) => !(one in extra) || accept.split(",").includes(extra[one])).join(", ");
}

function showTexts() {
  translate(document);
  document.title = t("title");
  const local = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  document.getElementById("private").textContent = local ? t("private") : t("private.remote", { host: location.hostname });
  for (const button of document.querySelectorAll("#languages button")) button.setAttribute("aria-pressed", String(button.lang === language()));
  if (info) {
    document.querySelector(".tagline").textContent = forModel("tagline");
    document.getElementById("kinds").textContent = t("drop.kinds", { kinds: kinds(info.accept), size: bytes(info.limits.bytes) });
    showScope(info);
  }
  showSamples(samples, take, complain);
  complain(complaint);
}

function changed(item, what) {
  if (what === "done") {
    const told = { done: () => t("say.done", { name: item.name, verdict: inWords(item.result.verdict) }), failed: () => t("say.failed", { name: item.name, error: item.error() }), cancelled: () => t("say.cancelled", { name: item.name }) };
    say(told[item.phase]());
  }
  updateResult(item, what);
  showAll();
}

async function begin() {
  show(
    document.getElementById("languages"),
    languages.map((code) => h("button", { type: "button", lang: code, onclick: () => setLanguage(code) }, NAMES[code])),
  );
  showTexts();
  showAll();
  queue.onChange(changed);
  watch(take, complain);
  onLanguage(() => {
    forgetList();
    showTexts();
    showResult(chosen, act);
    showAll();
  });
  document.getElementById("clear").addEventListener("click", () => {
    for (const item of [...queue.items]) queue.remove(item);
    choose(null);
    document.getElementById("choose").focus();
  });
  // With the page goes all that it sent; one that comes back from the browser's memory has nothing to show.
  addEventListener("pagehide", api.close);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  setInterval(() => api.info().catch(() => undefined), STILL_HERE);
  try {
    info = await api.info();
    document.getElementById("files").accept = info.accept;
    queue.setLimits(info.limits);
    setModel(info);
    setUsual(info.usual_spectrum);
    samples = await api.samples();
    showTexts();
  } catch (error) {
    complain(() => (error.status === 401 ? `${t("bad.token")} ${t("bad.token.remedy")}` : error.message || `${t("bad.info")} ${t("bad.answer.remedy")}`));
  }
}

begin();
