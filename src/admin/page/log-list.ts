import { byId, Slots } from "./dom.ts";
import { line, NOTHING } from "./line.ts";
import { NEWS_KEPT, type World } from "./world.ts";

/** What happened, the latest first. */
export class Log {
  readonly #list = new Slots(byId("log"), NEWS_KEPT, () => line());

  draw({ news }: World): void {
    this.#list.draw(news.length === 0 ? [NOTHING] : news);
  }
}
