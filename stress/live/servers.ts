import type { Child } from "#lb/command/child";
import type { LabOrder, LabState } from "#lb/contract/laboratory";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";

/** How much later a server answers that was slowed, in milliseconds. */
const SLOWED_BY_MS = 150;
const OBEYED_WITHIN_MS = 2_000;

/** What may become of a server. */
type Action = Exclude<LabOrder["action"], "load">;

/** How a server is. */
type ServerState = LabState["servers"][number]["state"];

/** What a server answers to an order, however late. */
interface Obeyed {
  readonly id: number;
  readonly done: boolean;
  readonly state: ServerState;
}

/** One test server, which obeys the process that started it. */
export class LabServer {
  readonly #child: Child;
  #state: ServerState = "well";
  #orders = 0;
  #answer = new Deferred<boolean>();

  constructor(
    readonly name: string,
    readonly address: string,
    child: Child,
  ) {
    this.#child = child;
    child.process.on("message", (answer: Obeyed) => this.#hear(answer));
  }

  /** As it said last. */
  get state(): ServerState {
    return this.#state;
  }

  /** Has it slowed, crashed or brought back, one after the other; resolves with whether that was done. */
  async obey(action: Action): Promise<boolean> {
    const answer = new Deferred<boolean>();
    this.#answer = answer;
    using _late = systemClock.after(OBEYED_WITHIN_MS, () => answer.resolve(false));
    const order = { id: ++this.#orders, server: this.name, do: action, lateMs: SLOWED_BY_MS };
    this.#child.process.send(order, () => {});
    return await answer.promise;
  }

  #hear({ id, done, state }: Obeyed): void {
    this.#state = state;
    if (id === this.#orders) this.#answer.resolve(done);
  }
}
