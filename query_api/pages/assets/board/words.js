// Numbers and times as words.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A span of milliseconds, roughly: "now", "12 s", "3 min", "2 h". */
export function ago(span) {
  if (span < 1000) return "now";
  if (span < MINUTE) return `${Math.floor(span / 1000)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  return `${Math.floor(span / HOUR)} h`;
}

/** A delay in milliseconds: "34 ms", "1.2 s", "5 min". */
export function delay(span) {
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < MINUTE) return `${(span / 1000).toFixed(1)} s`;
  return ago(span);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** The time of day of a Unix timestamp in seconds. */
export const timeOfDay = (seconds) => clock.format(seconds * 1000);

export const count = (number) => number.toLocaleString();
