// The history of one odds as a chart: a band for each outcome, over the same time. Each has its own
// scale, for a favourite's price moves by hundredths while an outsider's moves by whole numbers.

import { el, svg } from "./dom.js";
import { OUTCOMES, written } from "./prices.js";
import { timeOfDay } from "./words.js";

const [WIDTH, HEIGHT, MARGIN] = [300, 52, 4];

/** `history` is [{at, home, draw, away}], oldest first, `at` and `now` in Unix seconds. */
export function historyChart(history, style, now) {
  const told = OUTCOMES.filter((outcome) => history.some((each) => each[outcome] !== null));
  const bands = told.map((outcome) => band(outcome, history, style, now));
  const ends = el("p", { className: "span" }, el("span", {}, timeOfDay(history[0].at)), el("span", {}, "now"));
  return el("div", { className: "chart" }, ...bands, ends);
}

function band(outcome, history, style, now) {
  const known = history.filter((each) => each[outcome] !== null);
  const prices = known.map((each) => each[outcome]);
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const words = `${outcome}: now ${written(prices.at(-1), style)}, lowest ${written(low, style)}, highest ${written(high, style)}`;
  const range = el("small", {}, low === high ? "unchanged" : `${written(low, style)} – ${written(high, style)}`);
  const facts = el("p", { className: "facts" }, el("span", {}, outcome), el("b", {}, written(prices.at(-1), style)), range);
  const line = steps(known.map((each) => [each.at, each[outcome]]), [history[0].at, now], [low, high]);
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words },
    svg("path", { class: "area", d: `${line}V${HEIGHT}H${0}Z` }),
    svg("path", { class: "line", d: line }),
  );
  const figure = el("div", { className: "band" }, facts, drawing);
  figure.dataset.outcome = outcome;
  return figure;
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
