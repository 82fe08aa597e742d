// One game's row on the board.

import { copyOf, setText } from "./dom.js";
import { ago } from "./words.js";
import { book } from "./prices.js";
import { PriceCell } from "./price_cell.js";

export class GameRow {
  /** Whether it is near what the reader sees; a row that isn't is shown as it is once it is. */
  visible = false;
  stale = true;

  constructor(game) {
    this.game = game;
    this.element = copyOf("game-template");
    this.element.dataset.game = game.id;
    this.open = this.element.querySelector(".open");
    this.open.title = game.id;
    this.element.querySelector(".title").textContent = game.title;
    this.league = this.element.querySelector(".league");
    this.book = this.element.querySelector(".book");
    this.age = this.element.querySelector(".age");
    this.cells = new Map();
    for (const cell of this.element.querySelectorAll(".price")) {
      this.cells.set(cell.dataset.outcome, new PriceCell(cell));
    }
  }

  /** Whether it is the game that is open beside the board. */
  set opened(opened) {
    this.open.ariaCurrent = String(opened);
  }

  /** Shows the game as a reader with these filters sees it. */
  show({ provider, style }, now) {
    this.stale = false;
    const prices = this.game.pricesFor(provider);
    this.element.classList.toggle("suspended", this.game.quotes.size === 0);
    setText(this.league, this.#belowTitle());
    if (!prices) return;
    for (const [outcome, cell] of this.cells) cell.show(prices[outcome], style, now);
    this.#showBook(book(Object.values(prices).map((price) => price.value)));
    this.showAge(now);
  }

  showAge(now) {
    setText(this.age, ago(now - this.game.updatedAt));
  }

  #belowTitle() {
    const { size } = this.game.quotes;
    const bookmakers = size === 0 ? "suspended" : size === 1 ? "1 bookmaker" : `${size} bookmakers`;
    return [this.game.league, bookmakers].filter(Boolean).join(" · ");
  }

  #showBook(percent) {
    setText(this.book, percent === null ? "–" : `${percent.toFixed(1)} %`);
    this.book.classList.toggle("sure", percent !== null && percent < 100);
  }
}
