import { Agent } from "node:http";
import { addressLookup } from "./address-lookup.ts";
import type { Answer, Caller, Calling } from "./caller.ts";
import { ClientError, quoted } from "./client-error.ts";
import type { HttpAsk } from "./http-ask.ts";
import { httpExchange } from "./http-exchange.ts";

/** Sends HTTP requests to one path; by default, each has its own connection. */
export class HttpCaller implements Caller {
  readonly #agent: Agent;

  constructor(
    readonly calling: Calling,
    readonly path: string,
    readonly ask: (index: number) => HttpAsk,
  ) {
    this.#agent = new Agent({ keepAlive: calling.keep, maxSockets: 1 });
  }

  async call(index: number): Promise<Answer> {
    const { to, timeoutMs } = this.calling;
    const { method, body, verify } = this.ask(index);
    const where =
      to.kind === "unix" ? { socketPath: to.path } : { host: to.host, port: to.port, lookup: addressLookup };
    const answer = await httpExchange(
      { ...where, method, path: this.path, agent: this.#agent },
      { timeoutMs, body },
    );
    if (answer.status > 299)
      throw new ClientError("mismatch", `HTTP ${answer.status} ${quoted(answer.body)}`);
    const server = verify(answer.body);
    if (server === undefined) throw new ClientError("mismatch", `got ${quoted(answer.body)}`);
    return { text: answer.body.trimEnd(), server };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
