"use strict";
// Without this the page is whole; with it tables are sorted and the worst rows searched.
(() => {
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const text = (row, at) => row.cells[at].textContent.trim();
  const number = (words) => {
    const found = /^[▸ ]*(-?[\d,]+(?:\.\d+)?)(?:\s*%)?$/.exec(words);
    return found ? Number(found[1].replaceAll(",", "")) : NaN;
  };
  const compare = (a, b) => {
    const x = number(a), y = number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return order.compare(a, b);
  };

  const sort = (table, at, direction) => {
    const body = table.tBodies[0];
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [text(row, at), row]);
    // What is empty comes last, whichever way the others go.
    rows.sort(([a], [b]) => (a === "") - (b === "") || sign * compare(a, b));
    body.append(...rows.map(([, row]) => row));
    for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[at].setAttribute("aria-sort", direction);
  };

  for (const table of document.querySelectorAll("table[data-sorts]")) {
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sort(table, at, now === "ascending" ? "descending" : "ascending");
      });
    });
  }

  const find = document.getElementById("find");
  if (!find) return;
  const rows = [...document.getElementById("rows").tBodies[0].rows];
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const found = document.getElementById("found");
  find.closest("p").hidden = false;
  find.addEventListener("input", () => {
    const wanted = find.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((word) => words.get(row).includes(word));
      shown += !row.hidden;
    }
    found.textContent = find.value.trim() ? `${shown} of ${rows.length} rows` : "";
  });
})();
