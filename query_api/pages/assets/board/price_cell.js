// One price on the page: its value, who gives it, where it moves, and its path.

import { contentOf, setText } from "./dom.js";
import { written } from "./prices.js";
import { sparkPoints, trend } from "./sparkline.js";

const SHOWN_MOVING_MS = 4_000;
const FLASH_MS = 900;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class PriceCell {
  #flashedFor = -Infinity;

  constructor(element) {
    this.element = element;
    element.append(contentOf("price-template"));
    this.value = element.querySelector(".value");
    this.move = element.querySelector(".move");
    this.by = element.querySelector(".by");
    this.spark = element.querySelector(".spark");
    this.line = element.querySelector("polyline");
  }

  /** Shows a price as it is `now`; one that moved a moment ago flashes, once. */
  show(price, style, now) {
    setText(this.value, written(price.value, style));
    setText(this.by, price.value === null ? "" : price.by);
    this.element.classList.toggle("none", price.value === null);
    this.#showMove(price, now);
    this.#showPath(price);
  }

  #showMove(price, now) {
    const moving = price.direction !== 0 && now - price.movedAt < SHOWN_MOVING_MS;
    if (this.move.hidden === moving) this.move.hidden = !moving;
    if (!moving) return;
    const way = price.direction > 0 ? "up" : "down";
    setText(this.move, price.direction > 0 ? "▲" : "▼");
    if (this.move.dataset.way !== way) {
      this.move.dataset.way = way;
      this.move.ariaLabel = way;
    }
    if (price.movedAt > this.#flashedFor && now - price.movedAt < FLASH_MS) this.#flash(way);
    this.#flashedFor = price.movedAt;
  }

  #flash(way) {
    if (calm.matches) return;
    this.element.animate([{ backgroundColor: `var(--${way}-flash)` }, {}], { duration: FLASH_MS, easing: "ease-out" });
  }

  #showPath(price) {
    const points = sparkPoints(price.path);
    if (this.line.getAttribute("points") === points) return;
    this.line.setAttribute("points", points);
    this.spark.dataset.trend = trend(price.path);
  }
}
