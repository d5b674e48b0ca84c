import type { Actions } from "./actions.ts";
import { byId, Slots } from "./dom.ts";
import { UNKNOWN } from "./format.ts";
import { line, NOTHING } from "./line.ts";
import { seldom } from "./seldom.ts";
import type { World } from "./world.ts";

const DECISIONS = 20;

/** Why sessions got their servers; asked for while the page is seen, since the balancer records it only then. */
export class Decisions {
  readonly #actions: Actions;
  readonly #list = new Slots(byId("decisions"), DECISIONS, () => line());
  /** Asks for the latest, once in two seconds. */
  readonly draw = seldom((world: World) => this.#ask(world));

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#list.draw([{ ...NOTHING, text: UNKNOWN }]);
  }

  async #ask({ pools }: World): Promise<void> {
    const answer = await this.#actions.ask<{ readonly decisions: readonly Decision[] }>(
      "GET",
      `/api/v1/decisions?limit=${DECISIONS}`,
    );
    if (answer !== undefined) this.#draw(answer.decisions, pools.size > 1);
  }

  /** `pooled`: whether the pool of each is to be named. */
  #draw(decisions: readonly Decision[], pooled: boolean): void {
    const pieces = decisions.map(({ atMs, client, pool, explanation, chosen }) => ({
      at: new Date(atMs).toISOString(),
      tone: chosen === null ? ("bad" as const) : ("plain" as const),
      subject: client.replace(/:\d+$/, ""),
      text: pooled ? `${pool}: ${explanation}` : explanation,
    }));
    this.#list.draw(pieces.length === 0 ? [{ ...NOTHING, text: "no choice is recorded yet" }] : pieces);
  }
}

interface Decision {
  readonly atMs: number;
  readonly client: string;
  readonly pool: string;
  readonly chosen: string | null;
  readonly explanation: string;
}
