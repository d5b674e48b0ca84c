import { byId, Slots } from "./dom.ts";
import { line, NOTHING } from "./line.ts";
import type { World } from "./world.ts";

const NEWS = 60;

/** What happened, the latest first. */
export class Log {
  readonly #list = new Slots(byId("log"), NEWS, () => line());

  draw({ news }: World): void {
    this.#list.draw(news.length === 0 ? [NOTHING] : news);
  }
}
