// One game, beside the board: what every bookmaker says of it, and the history of one odds.

import { oddsHistory } from "./api.js";
import { byId, el } from "./dom.js";
import { History } from "./history.js";
import { sportName } from "./names.js";
import { OUTCOMES } from "./prices.js";
import { QuoteRow } from "./quote_row.js";

export class Detail {
  #game = null;
  #provider = "";
  #rows = new Map();
  #opener = null;
  #recalled = new WeakSet();

  constructor(market, filters) {
    this.market = market;
    this.filters = filters;
    this.element = byId("detail");
  }

  open(gameId) {
    const game = this.market.games.get(gameId);
    if (!game) return;
    this.#opener = document.activeElement;
    this.#game = game;
    this.#provider = this.filters.provider || game.best.home.by;
    this.filters.set("game", gameId);
    this.#build();
    this.show();
    this.element.hidden = false;
    document.body.classList.add("detailed");
    this.title.focus();
  }

  close() {
    if (this.#game === null) return;
    this.#game = null;
    this.filters.set("game", "");
    this.element.hidden = true;
    document.body.classList.remove("detailed");
    this.#opener?.focus();
  }

  showIfAmong(games) {
    if (this.#game !== null && games.has(this.#current())) this.show();
  }

  /** Once a second: the chart moves on, and a game that the address names may have come. */
  tick() {
    if (this.#game === null && this.filters.game !== "") this.open(this.filters.game);
    if (this.#game !== null) this.show();
  }

  show() {
    if (this.#game === null) return;
    this.#game = this.#current();
    this.#showQuotes(Date.now());
    this.#showHistory(Date.now() / 1000);
  }

  /** The market forgets a game that is suspended for long, and knows another of its id later. */
  #current() {
    return this.market.games.get(this.#game.id) ?? this.#game;
  }

  #build() {
    const { id, sport, league, title } = this.#game;
    this.#rows.clear();
    this.title = el("h2", { id: "detail-title", tabIndex: -1, textContent: title });
    this.quotes = el("tbody");
    this.history = new History();
    const close = el("button", { type: "button", className: "close", ariaLabel: "Close", onclick: () => this.close() }, "×");
    const where = [sportName(sport), league].filter(Boolean).join(" · ");
    const heads = OUTCOMES.map((outcome) => el("th", { scope: "col", className: "outcome" }, outcome));
    this.heads = heads;
    this.element.replaceChildren(
      el("header", {}, el("div", {}, this.title, el("p", {}, where), el("code", {}, id)), close),
      el("table", { className: "quotes" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Bookmaker"), ...heads)), this.quotes),
      this.history.element,
    );
  }

  #showQuotes(now) {
    const { quotes, best } = this.#game;
    for (const [id, row] of this.#rows) {
      if (quotes.get(id) === row.quote) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const quote of quotes.values()) if (!this.#rows.has(quote.id)) this.#add(quote);
    OUTCOMES.forEach((outcome, place) => (this.heads[place].hidden = best[outcome].path.length === 0));
    const chosen = this.#chosen();
    for (const row of this.#rows.values()) row.show(best, row.quote === chosen, this.filters.style, now);
  }

  #add(quote) {
    const row = new QuoteRow(quote, () => this.#choose(quote.provider));
    this.#rows.set(quote.id, row);
    const after = [...this.#rows.values()].filter((other) => other.quote.provider > quote.provider);
    after.sort((one, other) => (one.quote.provider < other.quote.provider ? -1 : 1));
    this.quotes.insertBefore(row.element, after[0]?.element ?? null);
  }

  #choose(provider) {
    this.#provider = provider;
    this.show();
  }

  #chosen() {
    return this.#game.quoteOf(this.#provider) ?? this.#game.quotes.values().next().value;
  }

  /** Asks once for what happened before this page was opened. */
  async #recall(quote) {
    if (this.#recalled.has(quote)) return;
    this.#recalled.add(quote);
    try {
      quote.remember(await oddsHistory(quote.id));
      this.show();
    } catch (error) {
      this.#recalled.delete(quote); // asked again with the next change
      console.info("no history:", error.message);
    }
  }

  #showHistory(now) {
    const quote = this.#chosen();
    if (quote) this.#recall(quote);
    this.history.show(quote, this.filters.style, now);
  }
}
