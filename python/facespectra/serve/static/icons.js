// Line drawings of 24 x 24 units, in the colour of the text around them.

import { s } from "./dom.js";

const PATHS = {
  // Two arrows that change places.
  signs: ["M5 9h12", "M14 5.5 17.5 9 14 12.5", "M19 15.5H7", "M10 12.2 6.5 15.5 10 19"],
  unclear: ["M4.5 10c2.5-2.6 5-2.6 7.5 0s5 2.6 7.5 0", "M4.5 15.5c2.5-2.6 5-2.6 7.5 0s5 2.6 7.5 0"],
  none: ["M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12z", "M15 15l5 5", "M8 10.5h5"],
  cannot: ["M8.6 9a3.5 3.5 0 1 1 5 3.2c-1.1.5-1.6 1.2-1.6 2.4", "M12 18.2v.2"],
  noface: ["M4 8V4h4", "M16 4h4v4", "M20 16v4h-4", "M8 20H4v-4", "M8.5 12h7"],
  error: ["M12 4 21 19.5H3z", "M12 10v4.2", "M12 16.9v.2"],
  cancelled: ["M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z", "M6 6l12 12"],
  waiting: ["M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z", "M12 7.5V12l3 2"],
  check: ["M5 12.5 10 17.5 19 7"],
  cross: ["M6 6l12 12", "M18 6 6 18"],
  plus: ["M12 5v14", "M5 12h14"],
  minus: ["M5 12h14"],
  fit: ["M4 9V4h5", "M15 4h5v5", "M20 15v5h-5", "M9 20H4v-5"],
  face: ["M12 4c3.6 0 6 2.6 6 6.5S15.4 20 12 20s-6-5.6-6-9.5S8.4 4 12 4z", "M9.6 10.500v.2", "M14.4 10.500v.2", "M10 15.200c1.3.8 2.7.8 4 0"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  down: ["M12 4v11", "M7.5 11 12 15.5 16.5 11", "M5 20h14"],
  film: ["M4 5h16v14H4z", "M8 5v14", "M16 5v14", "M4 12h16"],
};

/** Draw an icon; it says nothing to screen readers, the words beside it do. */
export function icon(name, size = 20) {
  return s(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" },
    PATHS[name].map((d) => s("path", { d })),
  );
}
