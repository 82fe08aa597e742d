// How the feed is, in words. Screen readers are told of its phases, not of its figures.

import { byId, setText } from "./dom.js";
import { count, delay } from "./words.js";

const RESUMED_SHOWN_MS = 8_000;
const WORDS = {
  connecting: "Connecting",
  live: "Live",
  stale: "No news",
  resumed: "Resumed",
  away: "Reconnecting",
};

export class Status {
  #seen = 0;
  #rate = 0;
  #resumedAt = -Infinity;
  #resumes = 0;

  constructor(feed, market) {
    this.feed = feed;
    this.market = market;
  }

  /** The feed has come to another phase. */
  turn() {
    if (this.feed.resumes > this.#resumes) this.#resumedAt = Date.now();
    this.#resumes = this.feed.resumes;
    this.#showPhase(Date.now());
  }

  /** To be called every second. */
  tick(now) {
    const arrived = this.feed.changes - this.#seen;
    this.#seen = this.feed.changes;
    this.#rate = this.#rate === 0 ? arrived : 0.7 * this.#rate + 0.3 * arrived;
    setText(byId("figure-games"), count(this.market.games.size));
    setText(byId("figure-odds"), count(this.market.size));
    setText(byId("figure-rate"), count(Math.round(this.#rate)));
    setText(byId("figure-behind"), this.#behind(now));
    this.#showPhase(now);
  }

  #behind(now) {
    if (this.feed.phase === "away" && this.feed.heardAt) return delay(now - this.feed.heardAt);
    return this.feed.behind === null ? "–" : delay(this.feed.behind);
  }

  #showPhase(now) {
    const resumed = now - this.#resumedAt < RESUMED_SHOWN_MS;
    const live = this.feed.stale ? "stale" : resumed ? "resumed" : "live";
    const phase = this.feed.phase === "live" ? live : this.feed.phase;
    byId("state").dataset.phase = phase;
    setText(byId("state-text"), WORDS[phase]);
  }
}
