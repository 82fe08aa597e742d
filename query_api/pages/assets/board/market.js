// What is known of all odds, and what follows from it: the best price of each outcome of a game.
// Knows nothing of the page.

import { OUTCOMES, decimalPrices } from "./prices.js";
import { gameName } from "./names.js";

const LONGEST_PATH = 48;
const LONGEST_HISTORY = 200;

/** A price that moves: its value (null while there is none), who gives it, and its path so far. */
export class Price {
  value = null;
  by = "";
  path = [];
  direction = 0;
  movedAt = -Infinity;

  set(value, by, now) {
    this.by = by;
    this.value = value;
    const before = this.path.at(-1);
    if (value === null || value === before) return;
    this.direction = before === undefined ? 0 : Math.sign(value - before);
    this.movedAt = now;
    append(this.path, LONGEST_PATH, value);
  }

  /** From here on is its path: what came before was not a move of the market. */
  settle() {
    this.path = this.path.slice(-1);
    this.direction = 0;
  }
}

/** One odds: what one bookmaker says of one game. */
export class Quote {
  constructor(odds) {
    this.id = odds.external_id;
    this.provider = odds.provider;
    this.prices = newPrices();
    this.history = [];
  }

  take(odds, now) {
    this.updatedAt = odds.updated_at;
    this.eventId = odds.event_id;
    this.moneyline = odds.moneyline;
    const decimal = decimalPrices(odds.moneyline);
    for (const outcome of OUTCOMES) this.prices[outcome].set(decimal[outcome], this.provider, now);
    append(this.history, LONGEST_HISTORY, { at: odds.updated_at, ...decimal });
  }

  /** Takes what happened before this page was opened: [{at, moneyline}], oldest first. */
  remember(past) {
    const [first] = this.history;
    const before = past.filter(({ at }) => at < first.at);
    this.history.unshift(...before.map(({ at, moneyline }) => ({ at, ...decimalPrices(moneyline) })));
  }
}

export class Game {
  constructor(id, sport) {
    this.id = id;
    this.sport = sport;
    Object.assign(this, gameName(id));
    this.quotes = new Map();
    this.best = newPrices();
    this.hasDraw = false;
    this.suspendedAt = 0;
    /** By the providers' clocks, in milliseconds. */
    this.updatedAt = 0;
  }

  /** The newest odds of a provider, or undefined. */
  quoteOf(provider) {
    let newest;
    for (const quote of this.quotes.values()) {
      if (quote.provider === provider && !(newest?.updatedAt > quote.updatedAt)) newest = quote;
    }
    return newest;
  }

  /** The prices that a reader of this provider's odds sees; the best of all without one. */
  pricesFor(provider) {
    return provider === "" ? this.best : this.quoteOf(provider)?.prices;
  }

  settle() {
    for (const price of Object.values(this.best)) price.settle();
  }

  findBest(now) {
    for (const outcome of OUTCOMES) {
      let best = null;
      for (const quote of this.quotes.values()) {
        const { value } = quote.prices[outcome];
        if (value !== null && !(best?.prices[outcome].value >= value)) best = quote;
      }
      if (outcome === "draw" && best !== null) this.hasDraw = true;
      this.best[outcome].set(best?.prices[outcome].value ?? null, best?.provider ?? "", now);
    }
  }
}

export class Market {
  games = new Map();
  #quotes = new Map();
  #unconfirmed = null;
  #whole = false;

  get size() {
    return this.#quotes.size;
  }

  providers() {
    return new Set([...this.#quotes.values()].map(({ quote }) => quote.provider));
  }

  /** Takes odds as the API tells them, in its order. Returns the game, or null where this was no
   * news, as in an image of what is known. */
  take(odds, now) {
    this.#unconfirmed?.delete(odds.external_id);
    const known = this.#quotes.get(odds.external_id);
    if (odds.deleted) return this.#remove(odds.external_id, now);
    if (known?.quote.eventId === odds.event_id) return null;
    const { game, quote } = known ?? this.#add(odds);
    quote.take(odds, now);
    game.findBest(now);
    game.updatedAt = Math.max(game.updatedAt, odds.updated_at * 1000);
    return game;
  }

  /** From here on a whole image comes: what it doesn't show by its end is no more. The first one
   * comes odds by odds, and what looks like a move of the best price until its end is none. */
  beginImage() {
    this.#unconfirmed = new Set(this.#quotes.keys());
  }

  /** Returns the games that lost odds. */
  endImage(now) {
    const lost = [...(this.#unconfirmed ?? [])];
    this.#unconfirmed = null;
    if (!this.#whole) for (const game of this.games.values()) game.settle();
    this.#whole = true;
    return lost.map((id) => this.#remove(id, now));
  }

  forget(game) {
    this.games.delete(game.id);
  }

  #add(odds) {
    let game = this.games.get(odds.game_id);
    if (!game) {
      game = new Game(odds.game_id, odds.game_type);
      this.games.set(game.id, game);
    }
    const added = { game, quote: new Quote(odds) };
    game.quotes.set(odds.external_id, added.quote);
    this.#quotes.set(odds.external_id, added);
    return added;
  }

  #remove(id, now) {
    const known = this.#quotes.get(id);
    if (!known) return null;
    this.#quotes.delete(id);
    known.game.quotes.delete(id);
    known.game.findBest(now);
    if (known.game.quotes.size === 0) known.game.suspendedAt = now;
    return known.game;
  }
}

function newPrices() {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, new Price()]));
}

function append(path, longest, point) {
  path.push(point);
  if (path.length > longest) path.shift();
}
