// The games of one sport.

import { copyOf, setText } from "./dom.js";
import { sportName } from "./names.js";
import { count } from "./words.js";

const byName = new Intl.Collator(undefined, { numeric: true });

export class SportSection {
  #rows = [];

  constructor(sport) {
    this.name = sportName(sport);
    this.element = copyOf("sport-template");
    this.element.querySelector(".name").textContent = this.name;
    this.element.querySelector("table").ariaLabel = this.name;
    this.body = this.element.querySelector("tbody");
    this.count = this.element.querySelector(".count");
  }

  comesAfter(other) {
    return byName.compare(this.name, other.name) > 0;
  }

  /** Games stand in the order of their names, which never changes: nothing moves under a finger. */
  add(row) {
    const place = this.#placeFor(row.game);
    this.body.insertBefore(row.element, this.#rows[place]?.element ?? null);
    this.#rows.splice(place, 0, row);
  }

  remove(row) {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    row.element.remove();
  }

  /** Says how many games are shown, and returns it; a sport without any hides itself. */
  tidy() {
    const shown = this.#rows.filter((row) => !row.hidden);
    setText(this.count, count(shown.length));
    this.element.hidden = shown.length === 0;
    this.element.classList.toggle("draws", shown.some((row) => row.game.hasDraw));
    return shown.length;
  }

  #placeFor(game) {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comesBefore(this.#rows[middle].game, game)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function comesBefore(one, other) {
  return (byName.compare(one.title, other.title) || byName.compare(one.id, other.id)) < 0;
}
