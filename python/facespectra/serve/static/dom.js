// Elements without templates: the page's Content-Security-Policy allows no inline styles or scripts.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** Make an HTML element; `vars` are CSS properties, `onclick` and the like listeners. */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Make an SVG element. */
export function s(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Put new children into an element. */
export function show(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

let ids = 0;

/** An identifier that nothing else on the page has. */
export function unique(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

/** Draw into an element whenever its width changes; `draw` gets the width in pixels and gives an element. */
export function responsive(draw, properties = {}) {
  const box = h("div", properties);
  let drawn = 0;
  const redraw = () => {
    const width = Math.round(box.clientWidth);
    if (!width) return;
    drawn = width;
    show(box, draw(width));
  };
  new ResizeObserver(() => {
    if (Math.round(box.clientWidth) !== drawn) redraw();
  }).observe(box);
  return { element: box, redraw };
}

/** A table; cells are texts or elements, and those of `numeric` columns stand to the right. */
export function table(caption, heads, rows, { numeric = [], hidden = false } = {}) {
  const kind = (column) => (numeric.includes(column) ? { class: "number" } : {});
  return h(
    "div",
    // Wide tables scroll: then they must be reached by keyboard, and have a name.
    { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: hidden ? "unseen" : null }, caption),
      h("thead", {}, h("tr", {}, heads.map((text, column) => h("th", { scope: "col", ...kind(column) }, text)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, column) =>
              column === 0 ? h("th", { scope: "row", ...kind(0) }, cell) : h("td", kind(column), cell),
            ),
          ),
        ),
      ),
    ),
  );
}
