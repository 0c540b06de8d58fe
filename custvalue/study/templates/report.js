"use strict";
// Tables sort by their header buttons, filter by their search box, and download as CSV. No library, no request.
const raw = (cell) => cell.dataset.v ?? cell.textContent;
const sortKey = (cell) => cell.dataset.s ?? (cell.dataset.v === "" || cell.classList.contains("num") ? raw(cell) : cell.textContent);

function sortBy(header) {
  const table = header.closest("table");
  const place = [...header.parentElement.children].indexOf(header);
  const descending = header.getAttribute("aria-sort") === "ascending";
  const numeric = header.classList.contains("num");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, order) => ({ row, order, value: sortKey(row.cells[place]) }));
  const compare = (a, b) => {
    const blankA = a.value === "", blankB = b.value === "";
    if (blankA || blankB) return blankA - blankB || a.order - b.order; // missing stays last either way
    const number = numeric ? parseFloat(a.value) - parseFloat(b.value) : NaN;
    const step = Number.isNaN(number) ? a.value.localeCompare(b.value) : number;
    return (descending ? -step : step) || a.order - b.order;
  };
  body.append(...rows.sort(compare).map((entry) => entry.row));
  for (const other of header.parentElement.children) other.setAttribute("aria-sort", "none");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

function filter(box) {
  const rows = document.getElementById(box.dataset.for).tBodies[0].rows;
  const wanted = box.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  box.parentElement.querySelector(".found").textContent = wanted ? `${shown} / ${rows.length}` : "";
}

function csv(table) {
  // A leading = + - @ would be a formula to a spreadsheet: such texts get a quote in front; numbers and bare signs do not.
  const safe = (text) => (/^[=+\-@\t\r]./.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
  const quote = (text) => `"${safe(text).replaceAll('"', '""')}"`;
  const lines = [[...table.tHead.rows[0].cells].map((cell) => quote(cell.textContent.trim()))];
  for (const row of table.tBodies[0].rows) if (!row.hidden) lines.push([...row.cells].map((cell) => quote(raw(cell))));
  return "\ufeff" + lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function download(button) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv(document.getElementById(button.dataset.for))], { type: "text/csv" }));
  link.download = button.dataset.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

for (const button of document.querySelectorAll("button.sort")) button.addEventListener("click", () => sortBy(button.closest("th")));
for (const box of document.querySelectorAll("input[type=search]")) box.addEventListener("input", () => filter(box));
for (const button of document.querySelectorAll("button.csv")) button.addEventListener("click", () => download(button));

document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

// The page is read first. Then the drawing code, which takes a second to start, and the charts one after the other as the
// browser has a moment, or all at once for print.
// No mode bar: plotly's can upload a chart, and its buttons would be ten hidden stops for the keyboard.
const waiting = [...document.querySelectorAll("script[data-for^='fig-']")];

function drawNext() {
  const source = waiting.shift();
  if (!source) return;
  if (!globalThis.Plotly) {
    const code = document.createElement("script");
    code.textContent = document.getElementById("plotly").textContent;
    document.head.append(code);
  }
  const { data, layout } = JSON.parse(source.textContent);
  Plotly.newPlot(source.dataset.for, data, layout, { responsive: true, displayModeBar: false });
  setTimeout(drawNext, 0);
}

addEventListener("load", () => setTimeout(drawNext, 0));
addEventListener("beforeprint", () => { while (waiting.length) drawNext(); });
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
