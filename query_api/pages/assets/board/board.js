// The board: a section for each sport, a row for each game. Changes are gathered and shown once in a
// frame, and only in rows that can be seen: the work follows the screen, not the market.

import { byId, setText } from "./dom.js";
import { GameRow } from "./game_row.js";
import { SportSection } from "./sport_section.js";

const ADDING_MS = 8; // of a frame's 16, for rows that are new
const SUSPENDED_SHOWN_MS = 20_000;

export class Board {
  #rows = new Map();
  #sections = new Map();
  #changed = new Set();
  #frame = null;
  #untidy = false;
  #sight = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: "300px" });

  /** `shown` is told, once in a frame, which games changed. */
  constructor(market, filters, shown) {
    this.market = market;
    this.filters = filters;
    this.shown = shown;
  }

  /** The game is to be shown as it is now. */
  mark(game) {
    this.#changed.add(game);
    this.#frame ??= requestAnimationFrame(() => this.#showChanged());
  }

  /** The filters are others. */
  refilter() {
    for (const row of this.#rows.values()) this.#refresh(row, Date.now());
    this.#tidy();
  }

  /** What changes by time alone; to be called every second. */
  tick(now) {
    for (const row of this.#rows.values()) {
      const { quotes, suspendedAt } = row.game;
      if (quotes.size === 0 && now - suspendedAt > SUSPENDED_SHOWN_MS) this.#remove(row);
      else if (row.visible) row.show(this.filters, now);
    }
    this.#tidy();
  }

  /** Marks the row of the game that is open; "" for none. */
  open(gameId) {
    for (const row of this.#rows.values()) row.opened = row.game.id === gameId;
  }

  #showChanged() {
    const [games, now, deadline] = [this.#changed, Date.now(), performance.now() + ADDING_MS];
    this.#changed = new Set();
    this.#frame = null;
    for (const game of games) {
      const row = this.#rows.get(game.id);
      if (row) this.#refresh(row, now);
      else if (performance.now() < deadline) this.#add(game, now);
      else this.mark(game);
    }
    if (this.#untidy) this.#tidy();
    this.shown(games);
  }

  #refresh(row, now) {
    const hidden = !this.filters.lets(row.game);
    if (hidden !== row.hidden) {
      row.hidden = row.element.hidden = hidden;
      this.#untidy = true;
    }
    row.stale = true;
    if (row.visible) row.show(this.filters, now);
  }

  #add(game, now) {
    const row = new GameRow(game);
    row.opened = game.id === this.filters.game;
    this.#rows.set(game.id, row);
    this.#section(game.sport).add(row);
    this.#sight.observe(row.element);
    this.#refresh(row, now);
    this.#untidy = true;
  }

  #remove(row) {
    this.#section(row.game.sport).remove(row);
    this.#sight.unobserve(row.element);
    this.#rows.delete(row.game.id);
    this.market.forget(row.game);
  }

  #section(sport) {
    const known = this.#sections.get(sport);
    if (known) return known;
    const section = new SportSection(sport);
    const next = [...this.#sections.values()].filter((other) => other.comesAfter(section));
    next.sort((one, other) => (one.comesAfter(other) ? 1 : -1));
    byId("games").insertBefore(section.element, next[0]?.element ?? byId("empty"));
    this.#sections.set(sport, section);
    return section;
  }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.#rows.get(target.dataset.game);
      if (!row) continue;
      row.visible = isIntersecting;
      if (isIntersecting && row.stale) row.show(this.filters, Date.now());
    }
  }

  #tidy() {
    this.#untidy = false;
    const shown = [...this.#sections.values()].reduce((sum, section) => sum + section.tidy(), 0);
    byId("empty").hidden = shown > 0;
    byId("reset").hidden = this.market.games.size === 0;
    const none = this.market.games.size ? "No game is like that." : "Waiting for the first odds…";
    setText(byId("empty-text"), none);
  }
}
