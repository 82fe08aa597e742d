// The history of one odds as a chart: a band for each outcome, over the same time. Each has its own
// scale, for a favourite's price moves by hundredths while an outsider's moves by whole numbers.

import { el, setText, svg } from "./dom.js";
import { OUTCOMES, written } from "./prices.js";
import { timeOfDay } from "./words.js";

const [WIDTH, HEIGHT, MARGIN] = [300, 52, 4];

export class HistoryChart {
  #bands = OUTCOMES.map((outcome) => new Band(outcome));
  #begin = el("span");
  element = el(
    "div",
    { className: "chart" },
    ...this.#bands.map((band) => band.element),
    el("p", { className: "span" }, this.#begin, el("span", {}, "now")),
  );

  /** `history` is [{at, home, draw, away}], oldest first, `at` and `now` in Unix seconds. */
  show(history, style, now) {
    for (const band of this.#bands) band.show(history, style, now);
    setText(this.#begin, timeOfDay(history[0].at));
  }
}

class Band {
  #price = el("b");
  #range = el("small");
  #area = svg("path", { class: "area" });
  #line = svg("path", { class: "line" });
  #drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    this.#area,
    this.#line,
  );

  constructor(outcome) {
    this.outcome = outcome;
    const facts = el("p", { className: "facts" }, el("span", {}, outcome), this.#price, this.#range);
    this.element = el("div", { className: "band" }, facts, this.#drawing);
    this.element.dataset.outcome = outcome;
  }

  /** An outcome that has no price in all of the history is not shown. */
  show(history, style, now) {
    const known = history.filter((each) => each[this.outcome] !== null);
    this.element.hidden = known.length === 0;
    if (known.length === 0) return;
    const prices = known.map((each) => each[this.outcome]);
    const [low, high] = [Math.min(...prices), Math.max(...prices)];
    this.#tell(...[prices.at(-1), low, high].map((price) => written(price, style)), low === high);
    const line = steps(known.map((each) => [each.at, each[this.outcome]]), [history[0].at, now], [low, high]);
    this.#area.setAttribute("d", `${line}V${HEIGHT}H${0}Z`);
    this.#line.setAttribute("d", line);
  }

  #tell(price, low, high, unchanged) {
    setText(this.#price, price);
    setText(this.#range, unchanged ? "unchanged" : `${low} – ${high}`);
    this.#drawing.setAttribute("aria-label", `${this.outcome}: now ${price}, lowest ${low}, highest ${high}`);
  }
}

/** A path that holds each price until the next, and the last until now. */
function steps(points, [begin, now], [low, high]) {
  const x = (at) => ((WIDTH * (at - begin)) / Math.max(now - begin, 1)).toFixed(1);
  const y = (price) =>
    low === high ? HEIGHT / 2 : (HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (price - low)) / (high - low)).toFixed(1);
  const [[, first], ...rest] = points;
  const moves = rest.map(([at, price]) => `H${x(at)}V${y(price)}`);
  return `M0 ${y(first)}${moves.join("")}H${WIDTH}`;
}
