// The path of a price as a line of steps, for price holds until it changes.

const WIDTH = 100;
const HEIGHT = 24;
const MARGIN = 2;

/** The points of a polyline for a path of prices, oldest first. */
export function sparkPoints(path) {
  if (path.length < 2) return `0,${HEIGHT / 2} ${WIDTH},${HEIGHT / 2}`;
  const low = Math.min(...path);
  const high = Math.max(...path);
  const x = (place) => ((WIDTH * place) / path.length).toFixed(1);
  const y = (price) => (HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (price - low)) / (high - low)).toFixed(1);
  return path.map((price, place) => `${x(place)},${y(price)} ${x(place + 1)},${y(price)}`).join(" ");
}

/** "up", "down" or "flat": where a path has led. */
export function trend(path) {
  const way = Math.sign(path.at(-1) - path[0]);
  return way > 0 ? "up" : way < 0 ? "down" : "flat";
}
