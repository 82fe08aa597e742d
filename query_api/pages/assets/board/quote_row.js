// One bookmaker's odds of the game that is open.

import { el } from "./dom.js";
import { OUTCOMES } from "./prices.js";
import { PriceCell } from "./price_cell.js";

export class QuoteRow {
  constructor(quote, choose) {
    this.quote = quote;
    this.choose = el("button", { type: "button", className: "choose", onclick: choose }, quote.provider);
    this.element = el("tr", {}, el("th", { scope: "row" }, this.choose));
    this.cells = new Map();
    for (const outcome of OUTCOMES) {
      const cell = el("td", { className: "price" });
      this.element.append(cell);
      this.cells.set(outcome, new PriceCell(cell));
    }
  }

  show(best, chosen, style, now) {
    this.element.classList.toggle("chosen", chosen);
    this.choose.ariaPressed = String(chosen);
    for (const [outcome, cell] of this.cells) {
      const price = this.quote.prices[outcome];
      cell.element.hidden = best[outcome].path.length === 0;
      cell.element.classList.toggle("best", price.value !== null && price.value === best[outcome].value);
      cell.show(price, style, now);
    }
  }
}
