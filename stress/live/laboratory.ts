import type { Child } from "#lb/command/child";
import type { LabAnswer, LabOrder, LabQuestion, LabState } from "#lb/contract/laboratory";
import type { LabServer } from "./servers.ts";
import type { SteadyLoad } from "./steady-load.ts";

/** What the page's row of buttons reaches: the servers and the load of a laboratory, one order after the other. */
export class Laboratory {
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly servers: readonly LabServer[],
    readonly load: SteadyLoad,
    /** Told of each change, in words. */
    readonly say: (change: string) => void,
  ) {}

  /** Answers what the balancer asks on its channel, for as long as it lives. */
  answer(balancer: Child): void {
    balancer.process.on("message", ({ laboratory }: Partial<LabQuestion>) => {
      if (laboratory === undefined) return;
      const { id, order } = laboratory;
      this.#turn = this.#turn.then(async () => {
        const refused = order && (await this.#obey(order));
        const answer: LabAnswer = {
          laboratory: { id, ...(refused === undefined ? { state: this.state } : { refused }) },
        };
        balancer.process.send?.(answer, () => {});
      });
    });
  }

  get state(): LabState {
    return { servers: this.servers.map(({ name, state }) => ({ name, state })), load: this.load.state };
  }

  /** Undefined where it was done, else why not. */
  async #obey(order: LabOrder): Promise<string | undefined> {
    if (order.action === "load") {
      this.load.scale(order.factor);
      this.say(`the load is ${Math.round(this.load.state.sessionsPerSec)} sessions a second`);
      return undefined;
    }
    const server = this.servers.find(({ name }) => name === order.server);
    if (server === undefined)
      return `expected one of the servers ${this.servers.map(({ name }) => name).join(", ")}`;
    if (!(await server.obey(order.action))) return `server ${server.name} did not do it`;
    this.say(`${server.name} is ${server.state}`);
    return undefined;
  }
}
