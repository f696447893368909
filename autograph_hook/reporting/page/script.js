"use strict";
// Search and sorting; without it the page shows everything, those that lost most time first.
const table = document.querySelector("#functions");
const rows = table ? [...table.tBodies[0].rows] : [];
const search = document.querySelector("#search");
const missing = document.querySelector("#none");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  missing.hidden = shown > 0;
}

function key(row, column) {
  const cell = row.cells[column];
  return cell.dataset.key !== undefined ? Number(cell.dataset.key) : cell.textContent.trim().toLowerCase();
}

function sort(header) {
  const column = header.cellIndex;
  const descending = header.getAttribute("aria-sort") !== "descending";
  for (const other of header.parentNode.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  rows.sort((one, two) => {
    const a = key(one, column), b = key(two, column);
    return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1);
  });
  table.tBodies[0].append(...rows);
}

function open() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const module = target && target.closest("details");
  if (module && !module.open) {
    module.open = true;
    target.scrollIntoView({ block: "center" });
  }
}

if (table) {
  search.addEventListener("input", filter);
  for (const header of table.tHead.rows[0].cells) {
    const button = header.querySelector("button");
    if (button) button.addEventListener("click", () => sort(header));
  }
}
window.addEventListener("hashchange", open);
open();
