// The history of the odds that are chosen: a chart, a table and a link. Changed in place, so that
// the focus, and what a reader has marked, stay.

import { ChangesTable } from "./changes_table.js";
import { HistoryChart } from "./chart.js";
import { el, setText } from "./dom.js";

export class History {
  #heading = el("h3");
  #chart = new HistoryChart();
  #changes = new ChangesTable();
  #rest = el("a", {}, "REST");
  #id = el("code");
  #told = el(
    "div",
    {},
    this.#heading,
    this.#chart.element,
    this.#changes.element,
    el("p", { className: "links" }, this.#rest, this.#id),
  );
  #none = el("p", { className: "empty" }, "Suspended: no bookmaker takes bets now.");
  element = el("div", { className: "history" }, this.#told, this.#none);

  /** `quote` may be undefined; `now` is in Unix seconds. */
  show(quote, style, now) {
    this.#told.hidden = quote === undefined;
    this.#none.hidden = quote !== undefined;
    if (quote === undefined) return;
    setText(this.#heading, `${quote.provider}’s prices`);
    this.#chart.show(quote.history, style, now);
    this.#changes.show(quote.history, style);
    const path = `/odds/${quote.id}/history`;
    if (this.#rest.getAttribute("href") !== path) this.#rest.href = path;
    setText(this.#id, quote.id);
  }
}
