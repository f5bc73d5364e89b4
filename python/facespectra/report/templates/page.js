"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text, className: name || "" });
  // Tables: a click on a heading sorts by its column, numbers by value, what is empty last.
  const value = cell => {
    const text = cell ? cell.textContent.trim().replace("\u2212", "-") : "";
    const number = parseFloat(text);
    return text === "" ? null : Number.isNaN(number) ? text : number;
  };
  const order = (a, b) => a === null ? 1 : b === null ? -1 : typeof a === typeof b ? (typeof a === "number" ? a - b : a.localeCompare(b)) : typeof a === "number" ? -1 : 1;
  for (const table of all("table")) {
    const body = table.tBodies[0];
    if (!body || body.rows.length < 3 || body.querySelector("tr.task")) continue;
    all("thead th", table).forEach((heading, column) => {
      if (!heading.textContent.trim()) return;
      const button = make("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        all("thead th", table).forEach(other => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map(row => [value(row.cells[column]), row]);
        rows.sort((a, b) => (a[0] === null || b[0] === null || !down ? 1 : -1) * order(a[0], b[0]));
        body.append(...rows.map(pair => pair[1]));
      });
    });
  }
  // Charts: the nearest value is shown.
  for (const svg of all("svg[data-points]")) {
    const points = JSON.parse(svg.dataset.points), figure = svg.closest("figure"), tip = make("div", "", "tip");
    tip.setAttribute("aria-hidden", "true");
    const place = event => {
      const box = svg.getBoundingClientRect(), outer = figure.getBoundingClientRect();
      let best = null, least = 60;
      for (const point of points) {
        const far = Math.hypot(box.left + point[0] * box.width - event.clientX, box.top + point[1] * box.height - event.clientY);
        if (far < least) [best, least] = [point, far];
      }
      if (!best) return tip.remove();
      tip.textContent = best[2];
      tip.style.left = `${box.left - outer.left + best[0] * box.width}px`;
      tip.style.top = `${box.top - outer.top + best[1] * box.height}px`;
      figure.append(tip);
    };
    svg.addEventListener("pointermove", place);
    svg.addEventListener("pointerdown", place);
    svg.addEventListener("pointerleave", () => tip.remove());
  }
  // Pictures and charts: larger, in a dialog.
  for (const figure of all("figure.zoom")) {
    const picture = figure.querySelector("svg, .stack"), button = make("button", "Enlarge", "plain");
    if (!picture || !window.HTMLDialogElement) continue;
    button.type = "button";
    let row = figure.querySelector(".files");
    if (!row) figure.append(row = make("p", "", "files"));
    row.append(button);
    button.addEventListener("click", () => {
      const dialog = make("dialog"), close = make("button", "Close", "plain"), copy = picture.cloneNode(true);
      dialog.setAttribute("aria-label", picture.getAttribute("aria-label") || "Enlarged");
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
      dialog.addEventListener("close", () => dialog.remove());
      const face = make("div", "", "face-large");
      face.append(copy);
      dialog.append(close, face);
      document.body.append(dialog);
      dialog.showModal();
    });
  }
  // The threshold: its counts, and where it is on the ROC curve.
  for (const section of all(".threshold")) {
    const data = JSON.parse(section.querySelector("script").textContent), slider = section.querySelector("input");
    const roc = document.querySelector("#fig-roc svg[data-points]"), mark = make("div", "", "mark");
    const say = (name, text) => all(`[data-of="${name}"]`, section).forEach(output => { output.textContent = text; });
    const share = (part, whole) => `${part} of ${whole} (${(100 * part / whole).toFixed(1)} %)`;
    slider.max = data.points.length - 1;
    const move = () => {
      const [threshold, found, alarms, x, y] = data.points[slider.value];
      say("threshold", threshold);
      say("found", share(found, data.fake));
      say("alarms", share(alarms, data.real));
      say("balanced", `${(50 * (found / data.fake + 1 - alarms / data.real)).toFixed(1)} %`);
      slider.setAttribute("aria-valuetext", `threshold ${threshold}`);
      if (!roc) return;
      const box = roc.getBoundingClientRect(), outer = roc.closest("figure").getBoundingClientRect();
      mark.style.left = `${box.left - outer.left + x * box.width}px`;
      mark.style.top = `${box.top - outer.top + y * box.height}px`;
      roc.closest("figure").append(mark);
    };
    slider.value = data.start;
    slider.addEventListener("input", move);
    addEventListener("resize", move);
    section.hidden = false;
    move();
  }
})();
