import type { Child } from "#lb/command/child";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";

/** How much later a server answers that was slowed, in milliseconds. */
const SLOWED_BY_MS = 150;
const OBEYED_WITHIN_MS = 2_000;

/** What may become of a server. */
export type Action = "slow" | "crash" | "restore";

/** How a server is. */
export type ServerState = "well" | "slow" | "down";

const STATES = { slow: "slow", crash: "down", restore: "well" } as const;

/** One test server, which obeys the process that started it. */
export class LabServer {
  readonly #child: Child;
  #state: ServerState = "well";

  constructor(
    readonly name: string,
    readonly address: string,
    child: Child,
  ) {
    this.#child = child;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Has it slowed, crashed or brought back; resolves with whether that was done. */
  async obey(action: Action): Promise<boolean> {
    const answer = new Deferred<boolean>();
    const hear = ({ done }: { readonly done: boolean }) => answer.resolve(done);
    const { process } = this.#child;
    process.once("message", hear);
    using _late = systemClock.after(OBEYED_WITHIN_MS, () => answer.resolve(false));
    try {
      process.send({ server: this.name, do: action, lateMs: SLOWED_BY_MS }, () => {});
      const done = await answer.promise;
      if (done) this.#state = STATES[action];
      return done;
    } finally {
      process.off("message", hear);
    }
  }
}
