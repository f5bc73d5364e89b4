// What the theme leaves out for screen readers and keyboards.
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  // A head without words is an empty cell.
  for (const head of document.querySelectorAll("article th")) {
    if (!head.textContent.trim()) head.replaceWith(document.createElement("td"));
  }
  // Code and tables that scroll sideways can be reached.
  for (const part of document.querySelectorAll("article pre, article .table-wrapper, article table")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
});
