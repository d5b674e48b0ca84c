import type { Actions } from "./actions.ts";
import { byId, Slots } from "./dom.ts";
import { line, NOTHING } from "./line.ts";
import { seldom } from "./seldom.ts";

const DECISIONS = 20;

/** Why sessions got their servers; asked for while the page is seen, since the balancer records it only then. */
export class Decisions {
  readonly #actions: Actions;
  readonly #list = new Slots(byId("decisions"), DECISIONS, () => line());
  /** Asks for the latest, once in two seconds. */
  readonly draw = seldom(() => this.#ask());

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#draw([]);
  }

  async #ask(): Promise<void> {
    const answer = await this.#actions.ask<{ readonly decisions: readonly Decision[] }>(
      "GET",
      `/api/v1/decisions?limit=${DECISIONS}`,
    );
    if (answer !== undefined) this.#draw(answer.decisions);
  }

  #draw(decisions: readonly Decision[]): void {
    const pieces = decisions.map(({ atMs, client, explanation, chosen }) => ({
      at: new Date(atMs).toISOString(),
      tone: chosen === null ? ("bad" as const) : ("plain" as const),
      subject: client.replace(/:\d+$/, ""),
      text: explanation,
    }));
    this.#list.draw(pieces.length === 0 ? [{ ...NOTHING, text: "no session has chosen yet" }] : pieces);
  }
}

interface Decision {
  readonly atMs: number;
  readonly client: string;
  readonly chosen: string | null;
  readonly explanation: string;
}
