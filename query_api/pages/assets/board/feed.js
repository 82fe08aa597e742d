// The way from the API to the board: follows the stream, and finds back to it when it breaks off.

import { feedState, instantOdds } from "./api.js";

const SILENCE_MS = 12_000; // the server says something every 5 seconds
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;

export class Feed {
  /** "connecting", "live" or "away". */
  phase = "connecting";
  changes = 0;
  resumes = 0;
  /** Milliseconds that the service's own feed is behind, as it says; null where nothing is known. */
  behind = null;
  heardAt = 0;
  /** Whether the silence of the service need not mean that nothing changed. */
  stale = false;
  #retry = FIRST_RETRY_MS;
  #cursor = null;
  #inImage = false;

  /** `market` takes the odds; `changed` is told which game, or null; `turned` of each new phase. */
  constructor(market, changed, turned) {
    this.market = market;
    this.changed = changed;
    this.turned = turned;
  }

  /** Never ends. */
  async run() {
    for (;;) {
      const connection = new AbortController();
      try {
        await this.#follow(connection);
      } catch (error) {
        console.info("the stream broke off:", error.message);
      } finally {
        connection.abort();
        this.#inImage = false;
      }
      this.#turn("away");
      await this.#pause();
    }
  }

  /** Asks how the service's own feed is; to be called every few seconds. */
  async look() {
    if (this.phase !== "live") return;
    try {
      const { stale, behind_seconds: seconds } = await feedState();
      this.stale = stale;
      this.behind = seconds === null ? null : 1000 * seconds;
      this.turned();
    } catch (error) {
      console.info("the state of the feed is not known:", error.message);
    }
  }

  async #follow(connection) {
    const stream = instantOdds(this.#cursor, connection.signal);
    for await (const { cursor, change } of heard(stream, connection)) {
      this.heardAt = Date.now();
      if (change) this.#take(change);
      if (cursor) this.#reach(cursor);
      if (this.#cursor) this.#turn("live");
    }
  }

  #take(change) {
    if (change.image && !this.#inImage) this.#beginImage();
    if (!change.image) this.changes += 1;
    this.changed(this.market.take(change, Date.now()));
  }

  /** It takes the place of all that was sent before; half of one is never gone on from. */
  #beginImage() {
    this.#inImage = true;
    this.#cursor = null;
    this.market.beginImage();
  }

  /** All up to here was taken. */
  #reach(cursor) {
    this.#cursor = cursor;
    this.#retry = FIRST_RETRY_MS;
    if (!this.#inImage) return;
    this.#inImage = false;
    for (const game of this.market.endImage(Date.now())) this.changed(game);
  }

  #turn(phase) {
    if (phase === this.phase) return;
    if (phase === "live" && this.phase === "away") this.resumes += 1;
    this.phase = phase;
    this.turned();
    this.look();
  }

  /** Waits longer each time, and not at all once the machine is on the net again. */
  async #pause() {
    const wait = this.#retry * (0.75 + Math.random() / 2);
    this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY_MS);
    const over = new AbortController();
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
      addEventListener("online", resolve, { signal: over.signal });
    });
    over.abort();
  }
}

/** Passes a stream on, and gives it up once it has been silent for too long. */
async function* heard(stream, connection) {
  const giveUp = () => connection.abort(new Error("silence"));
  let silence = setTimeout(giveUp, SILENCE_MS);
  try {
    for await (const each of stream) {
      clearTimeout(silence);
      silence = setTimeout(giveUp, SILENCE_MS);
      yield each;
    }
  } finally {
    clearTimeout(silence);
  }
}
