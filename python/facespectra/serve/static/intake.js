// Files come in: dropped, chosen, pasted, or a sample.

import * as api from "./api.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./language.js";

let pasted = 0;

/** Watch the page for files; `take` gets a list of them, `complain` a function that gives a sentence. */
export function watch(take, complain) {
  const input = document.getElementById("files");
  document.getElementById("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    // The same file can be chosen again.
    input.value = "";
  });
  watchDrops(take, complain);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) {
      event.preventDefault();
      take(files.map(named));
    } else if (event.clipboardData?.types.length) complain(() => t("bad.link"));
  });
}

// Every picture from the clipboard is called image.png.
function named(file) {
  if (file.name && file.name !== "image.png") return file;
  pasted += 1;
  return new File([file], `pasted-${pasted}.${file.type.split("/")[1] ?? "png"}`, { type: file.type });
}

function watchDrops(take, complain) {
  const zone = document.getElementById("drop");
  // Dragging over a child leaves its parent: only what enters and leaves the page counts.
  let depth = 0;
  const hover = (on) => zone.classList.toggle("hover", on);
  document.addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    hover(true);
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) hover(false);
  });
  // Without this the browser would open the file in the place of the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    hover(false);
    const folders = new Set();
    for (const one of event.dataTransfer.items ?? []) {
      const entry = one.webkitGetAsEntry?.();
      if (entry?.isDirectory) folders.add(entry.name);
    }
    const files = [...event.dataTransfer.files].filter((file) => !folders.has(file.name));
    if (files.length) take(files);
    if (folders.size) complain(() => t("bad.folder", { name: [...folders][0] }));
    else if (!files.length) complain(() => t("bad.nothing"));
  });
}

/** Show the samples; one that is chosen comes in like any file. */
export function showSamples(list, take, complain) {
  show(
    document.getElementById("sample-list"),
    list.map(({ name, title, width, height }) => {
      const key = /swap|fake/.test(name) ? "sample.swapped" : /plain|untouched|real|face/.test(name) ? "sample.plain" : null;
      const choose = async () => {
        try {
          take([await api.sampleFile(name)]);
        } catch {
          complain(() => t("bad.answer"));
        }
      };
      return h(
        "button",
        { type: "button", class: "sample", onclick: choose },
        h("img", { src: api.sampleOf(name), alt: "", width, height, loading: "lazy" }),
        h("span", { class: "words" }, h("strong", {}, key ? t(key) : title), h("span", { class: "go" }, icon("plus", 16), t("sample.try"))),
      );
    }),
  );
}
