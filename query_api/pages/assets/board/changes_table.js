// The changes of one odds, newest first.

import { el } from "./dom.js";
import { OUTCOMES, written } from "./prices.js";
import { timeOfDay } from "./words.js";

/** `history` as the chart takes it. */
export function changesTable(history, style) {
  const told = OUTCOMES.filter((outcome) => history.some((each) => each[outcome] !== null));
  const heads = ["time", ...told].map((name) => el("th", { scope: "col" }, name));
  const rows = history.map((each, place) => changeRow(each, history[place - 1], told, style));
  return el(
    "table",
    { className: "changes" },
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...rows.reverse()),
  );
}

function changeRow(change, before, outcomes, style) {
  const cells = outcomes.map((outcome) => {
    const way = before && change[outcome] !== null ? Math.sign(change[outcome] - before[outcome]) : 0;
    const cell = el("td", {}, written(change[outcome], style));
    if (way !== 0) cell.dataset.way = way > 0 ? "up" : "down";
    return cell;
  });
  return el("tr", {}, el("th", { scope: "row" }, timeOfDay(change.at)), ...cells);
}
