// Getting about by keyboard: one stop for Tab on the board, arrows from game to game.

import { byId } from "./dom.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };

/** `open` and `close` are told of Enter on a game (a GameID), and of Escape. */
export function listenToKeys(open, close) {
  const games = byId("games");
  games.addEventListener("click", (event) => {
    const row = event.target.closest(".game");
    if (row) open(row.dataset.game);
  });
  games.addEventListener("focusin", (event) => {
    if (event.target.matches(".open")) makeStop(event.target);
  });
  games.addEventListener("keydown", (event) => {
    if (event.key in STEPS && !event.ctrlKey && !event.metaKey && !event.altKey) step(event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "/" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      byId("find").focus();
    }
  });
}

/** Sees to it that Tab finds the board, whichever games are shown. */
export function keepStop() {
  const stop = byId("games").querySelector(".open[tabindex='0']");
  if (stop?.checkVisibility()) return;
  const first = openers()[0];
  if (first) makeStop(first);
}

function step(event) {
  const all = openers();
  const at = all.indexOf(document.activeElement);
  const to = Math.max(0, Math.min(all.length - 1, at + STEPS[event.key]));
  if (all.length === 0) return;
  event.preventDefault();
  all[to].focus();
  all[to].scrollIntoView({ block: "nearest" });
}

function openers() {
  return [...byId("games").querySelectorAll(".sport:not([hidden]) .game:not([hidden]) .open")];
}

function makeStop(opener) {
  for (const other of byId("games").querySelectorAll(".open[tabindex='0']")) other.tabIndex = -1;
  opener.tabIndex = 0;
}
