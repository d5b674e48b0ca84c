import { z } from "zod";
import type { LabAnswer, LabOrder, LabQuestion, LabState } from "../contract/laboratory.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { Problem } from "./problem.ts";

const ANSWER_WITHIN_MS = 3_000;
const MOST_QUESTIONS = 16;

/** What is asked of a laboratory: to slow a server, to crash it, to bring it back, or to change the load. */
export const labOrder: z.ZodType<LabOrder> = z.discriminatedUnion("action", [
  z.strictObject({ action: z.enum(["slow", "crash", "restore"]), server: z.string().max(64) }),
  z.strictObject({
    action: z.literal("load"),
    factor: z.number().min(0.25).max(4),
  }),
]);

/** How a laboratory is: its servers, and the load on them. */
export const labDocument: z.ZodType<LabState> = z.object({
  servers: z.array(z.object({ name: z.string(), state: z.enum(["well", "slow", "down"]) })),
  load: z.object({ sessionsPerSec: z.number(), factor: z.number() }),
});

/** The channel to the process that started this one. */
type Parent = Pick<NodeJS.Process, "send" | "on">;

/**
 * The laboratory around this balancer, which `npm run live` is: it started the balancer, says so in LB_LABORATORY, and takes
 * orders on the channel between them. A balancer in production has none.
 */
export class Laboratory {
  readonly #clock: Clock;
  readonly #parent: Parent;
  readonly #asked = new Map<number, Deferred<LabState>>();
  #last = 0;

  constructor(clock: Clock, parent: Parent) {
    this.#clock = clock;
    this.#parent = parent;
    parent.on("message", (message: LabAnswer) => this.#answered(message));
  }

  /** Undefined where no laboratory started this process. */
  static around(clock: Clock): Laboratory | undefined {
    if (process.env.LB_LABORATORY !== "1" || process.send === undefined) return undefined;
    const laboratory = new Laboratory(clock, process);
    // A balancer that is stopped does not live on to be asked.
    process.channel?.unref();
    return laboratory;
  }

  /** Has something done, or asks only how it is; resolves with how it is then. Rejects with a Problem. */
  async ask(order?: LabOrder): Promise<LabState> {
    if (this.#asked.size >= MOST_QUESTIONS)
      throw new Problem("too-many", `expected at most ${MOST_QUESTIONS} questions to the laboratory at once`);
    const id = ++this.#last;
    const answer = new Deferred<LabState>();
    this.#asked.set(id, answer);
    const late = new Problem("unavailable", "the laboratory does not answer");
    using _deadline = this.#clock.after(ANSWER_WITHIN_MS, () => answer.reject(late));
    try {
      this.#parent.send?.({ laboratory: { id, ...(order && { order }) } } satisfies LabQuestion);
      return await answer.promise;
    } finally {
      this.#asked.delete(id);
    }
  }

  #answered({ laboratory }: Partial<LabAnswer>): void {
    if (laboratory === undefined) return;
    const asked = this.#asked.get(laboratory.id);
    if ("refused" in laboratory) asked?.reject(new Problem("not-found", laboratory.refused));
    else asked?.resolve(laboratory.state);
  }
}
