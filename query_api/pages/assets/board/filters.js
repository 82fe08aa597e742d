// What the reader wants to see. Kept in the address, so that it can be reloaded and passed on.

import { byId, el } from "./dom.js";
import { sportName } from "./names.js";
import { count } from "./words.js";

const NAMES = ["sport", "provider", "style", "find", "game"];

export class Filters {
  sport = "";
  provider = "";
  style = "decimal";
  find = "";
  /** The GameID that is open beside the board, or "". */
  game = "";

  /** `changed` is told of each change that the reader makes. */
  constructor(changed) {
    this.changed = changed;
    const given = new URLSearchParams(location.hash.slice(1));
    for (const name of NAMES) this[name] = given.get(name) ?? this[name];
    if (this.style !== "american") this.style = "decimal";
    byId("style").value = this.style;
    byId("find").value = this.find;
    byId("find").addEventListener("input", (event) => this.set("find", event.target.value));
    for (const name of ["provider", "style"]) {
      byId(name).addEventListener("change", (event) => this.set(name, event.target.value));
    }
  }

  set(name, value) {
    if (this[name] === value) return;
    this[name] = value;
    this.#keep();
    this.changed(name);
  }

  reset() {
    this.sport = this.provider = this.find = "";
    byId("provider").value = byId("find").value = "";
    this.#keep();
    this.changed("sport");
  }

  lets(game) {
    if (this.sport !== "" && game.sport !== this.sport) return false;
    if (this.provider !== "" && !game.quoteOf(this.provider)) return false;
    return `${game.title} ${game.id}`.toLowerCase().includes(this.find.trim().toLowerCase());
  }

  /** Offers the sports there are, with how many games each has, and the providers. */
  offer(games, providers) {
    this.#offerSports(games);
    this.#offerProviders(providers);
  }

  #offerSports(games) {
    const sizes = new Map([["", 0]]);
    for (const game of games) {
      sizes.set("", sizes.get("") + 1);
      sizes.set(game.sport, 1 + (sizes.get(game.sport) ?? 0));
    }
    if (this.sport !== "" && !sizes.has(this.sport)) sizes.set(this.sport, 0);
    const wanted = [...sizes.keys()].sort();
    const group = byId("sports");
    if (wanted.join("\n") !== [...group.children].map((button) => button.dataset.sport).join("\n")) {
      group.replaceChildren(...wanted.map((sport) => this.#sportButton(sport)));
    }
    for (const button of group.children) {
      button.ariaPressed = String(button.dataset.sport === this.sport);
      button.lastElementChild.textContent = count(sizes.get(button.dataset.sport));
    }
  }

  #sportButton(sport) {
    const name = sport === "" ? "All sports" : sportName(sport);
    const button = el("button", { type: "button", onclick: () => this.set("sport", sport) }, `${name} `, el("span"));
    button.dataset.sport = sport;
    return button;
  }

  #offerProviders(providers) {
    const select = byId("provider");
    const wanted = [...new Set([...providers, this.provider])].filter(Boolean).sort();
    const [all, ...offered] = select.options;
    if (wanted.join("\n") === offered.map((option) => option.value).join("\n")) return;
    select.replaceChildren(all, ...wanted.map((name) => el("option", { value: name, textContent: name })));
    select.value = this.provider;
  }

  #keep() {
    const given = new URLSearchParams();
    for (const name of NAMES) {
      const usual = name === "style" ? "decimal" : "";
      if (this[name] !== usual) given.set(name, this[name]);
    }
    history.replaceState(null, "", given.size ? `#${given}` : location.pathname);
  }
}
