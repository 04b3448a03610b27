// Without JavaScript, tables keep their order, and all else is the same.

// The headers of sortable tables become buttons.
for (const table of document.querySelectorAll("table.sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const direction = header.ariaSort === "ascending" ? "descending" : "ascending";
      for (const each of headers) each.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", direction);
      sortRows(table.tBodies[0], column, direction === "ascending" ? 1 : -1);
    });
  });
}

// By number where both cells have one, otherwise by text; empty cells come last.
function sortRows(body, column, sign) {
  const text = row => row.cells[column].textContent.trim();
  const number = row => Number(row.cells[column].dataset.value);
  const compare = (a, b) =>
    Number(!text(a)) - Number(!text(b)) ||
    sign * (number(a) - number(b) || text(a).localeCompare(text(b), "en", { numeric: true }));
  body.append(...[...body.rows].sort(compare));
}

// What is wider than the page can be scrolled with the keyboard.
const scrollers = document.querySelectorAll(".scroll");
const observer = new ResizeObserver(() => {
  for (const each of scrollers) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
});
observer.observe(document.body);
