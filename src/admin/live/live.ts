import type { Controls } from "../controls.ts";
import { healthOf } from "../health.ts";
import { Events } from "./events.ts";
import { Moments } from "./moments.ts";
import { News } from "./news.ts";

/** Clients told of, those that are pressed the most. */
const MOST_CLIENTS = 20;

/** What of the balancer is followed. */
export type FollowedParts = Pick<Controls, "clock" | "log" | "plane" | "status" | "ailments">;

/** What is followed from the start on, and who reads it live. */
export class Live implements Disposable {
  readonly news: News;
  readonly events: Events;
  readonly #moments: Moments;

  constructor(controls: FollowedParts) {
    const { clock, log, plane, ailments } = controls;
    this.news = new News(controls);
    this.#moments = new Moments(controls);
    this.events = new Events({
      clock,
      log,
      moments: this.#moments,
      news: this.news,
      status: () => controls.status(),
      reasons: ({ listeners, pools }) =>
        healthOf(
          listeners.flatMap(({ pool }) => pool ?? []),
          pools,
          ailments(),
        ),
      pressedClients: () => plane.pressedClients(MOST_CLIENTS),
    });
  }

  [Symbol.dispose](): void {
    this.events.close();
    this.#moments[Symbol.dispose]();
    this.news[Symbol.dispose]();
  }
}
