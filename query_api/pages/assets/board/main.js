// Puts the board together.

import { Board } from "./board.js";
import { Detail } from "./detail.js";
import { byId } from "./dom.js";
import { Feed } from "./feed.js";
import { Filters } from "./filters.js";
import { keepStop, listenToKeys } from "./keys.js";
import { Market } from "./market.js";
import { Status } from "./status.js";

const market = new Market();
const filters = new Filters((name) => {
  offerFilters();
  if (name === "game") return board.open(filters.game);
  board.refilter();
  detail.show();
  keepStop();
});
const board = new Board(market, filters, (games) => detail.showIfAmong(games));
const detail = new Detail(market, filters);
const feed = new Feed(
  market,
  (game) => game && board.mark(game),
  () => status.turn(),
);
const status = new Status(feed, market);

function offerFilters() {
  filters.offer(market.games.values(), market.providers());
}

function everySecond() {
  const now = Date.now();
  board.tick(now);
  status.tick(now);
  detail.tick();
  offerFilters();
  keepStop();
}

byId("reset").addEventListener("click", () => filters.reset());
listenToKeys(
  (gameId) => detail.open(gameId),
  () => detail.close(),
);
setInterval(everySecond, 1000);
setInterval(() => feed.look(), 5000);
feed.run();
