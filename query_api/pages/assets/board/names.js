// Names for people, made of ids. GameIDs are the providers' own: this is a guess that hides nothing,
// for the id itself is always shown beside it.

/** "american-football" is "American football". */
export function sportName(gameType) {
  return capital(gameType.replaceAll(/[-_]+/g, " "));
}

/** Who plays, and where: "soccer:epl-2026-ars-che" is {title: "Ars v Che", league: "Epl 2026"}. */
export function gameName(gameId) {
  const name = gameId.slice(gameId.indexOf(":") + 1);
  const words = name.split("-").filter((word) => word !== "");
  const afterNumber = 1 + words.findLastIndex((word) => /^[\d.]+$/.test(word));
  const players = words.slice(afterNumber);
  const league = words.slice(0, afterNumber);
  if (players.length === 0) return { title: name, league: "" };
  return { title: teams(players), league: league.filter(isShort).map(capital).join(" ") };
}

function teams(words) {
  const between = words.findIndex((word) => word === "v" || word === "vs");
  const told = between > 0 && between < words.length - 1;
  if (!told && words.length !== 2) return capitals(words);
  const [home, away] = told
    ? [words.slice(0, between), words.slice(between + 1)]
    : [words.slice(0, 1), words.slice(1)];
  return `${capitals(home)} v ${capitals(away)}`;
}

/** Timestamps and such are no league's name. */
function isShort(word) {
  return word.length <= 12;
}

function capitals(words) {
  return words.map(capital).join(" ");
}

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
