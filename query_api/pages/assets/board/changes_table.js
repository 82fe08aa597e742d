// The changes of one odds, newest first. A row stays as it is for as long as its change is told.

import { el } from "./dom.js";
import { OUTCOMES, written } from "./prices.js";
import { timeOfDay } from "./words.js";

export class ChangesTable {
  #rows = new Map();
  #shown = "";
  #head = el("thead");
  #body = el("tbody");
  element = el("table", { className: "changes" }, this.#head, this.#body);

  /** `history` as the chart takes it. */
  show(history, style) {
    const told = OUTCOMES.filter((outcome) => history.some((each) => each[outcome] !== null));
    this.#begin(told, style);
    const before = this.#rows;
    this.#rows = new Map();
    history.forEach((change, place) => {
      const last = history[place - 1];
      const known = before.get(change);
      const row = known && known.last === last ? known : { last, element: changeRow(change, last, told, style) };
      this.#rows.set(change, row);
    });
    for (const [change, row] of before) if (this.#rows.get(change) !== row) row.element.remove();
    this.#place();
  }

  /** Columns and prices in another style make every row another one. */
  #begin(told, style) {
    const shown = [style, ...told].join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#rows.clear();
    this.#body.replaceChildren();
    const heads = ["time", ...told].map((name) => el("th", { scope: "col" }, name));
    this.#head.replaceChildren(el("tr", {}, ...heads));
  }

  #place() {
    let next = this.#body.firstElementChild;
    for (const { element } of [...this.#rows.values()].reverse()) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }
}

function changeRow(change, before, outcomes, style) {
  const cells = outcomes.map((outcome) => {
    const way = before && change[outcome] !== null ? Math.sign(change[outcome] - before[outcome]) : 0;
    const cell = el("td", {}, written(change[outcome], style));
    if (way !== 0) cell.dataset.way = way > 0 ? "up" : "down";
    return cell;
  });
  return el("tr", {}, el("th", { scope: "row" }, timeOfDay(change.at)), ...cells);
}
