// Prices: decimal and American, and how they are written.

export const OUTCOMES = ["home", "draw", "away"];

/** The prices of a money line as decimals; null where there is none for an outcome.
 *
 * No decimal money line has every price at 100 or more, and every American one does, by its size:
 * that tells them apart. */
export function decimalPrices(moneyline) {
  const given = OUTCOMES.map((outcome) => moneyline[outcome]).filter((price) => price !== null);
  const american = given.every((price) => Math.abs(price) >= 100);
  const decimal = american ? fromAmerican : (price) => price;
  return Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, moneyline[outcome] === null ? null : decimal(moneyline[outcome])]),
  );
}

function fromAmerican(price) {
  return 1 + (price > 0 ? price / 100 : 100 / -price);
}

const WRITTEN = {
  decimal: (price) => price.toFixed(2),
  american(price) {
    if (price <= 1) return price.toFixed(2); // no price that anyone could pay out
    const won = price >= 2 ? (price - 1) * 100 : -100 / (price - 1);
    return `${won > 0 ? "+" : "−"}${Math.abs(Math.round(won))}`;
  },
};

/** A decimal price in the way of writing that the reader chose: "decimal" or "american". */
export function written(price, style) {
  return price === null ? "–" : WRITTEN[style](price);
}

/** What the prices' chances sum to, in percent; under 100 a bet on every outcome would win.
 * null where an outcome can't be told. */
export function book(prices) {
  const known = prices.filter((price) => price !== null);
  if (known.length < 2 || known.some((price) => price <= 1)) return null;
  return 100 * known.reduce((sum, price) => sum + 1 / price, 0);
}
