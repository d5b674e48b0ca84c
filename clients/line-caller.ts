import type { Ask, AskNumber } from "./ask.ts";
import type { Answer, Caller, Calling } from "./caller.ts";
import { ClientError, quoted } from "./client-error.ts";
import { LineConnection } from "./line-connection.ts";

/** Sends lines; a balancer decides once per connection, so by default each request has its own. */
export class LineCaller implements Caller {
  #connection: LineConnection | undefined;

  constructor(
    readonly calling: Calling,
    readonly ask: AskNumber,
  ) {}

  async call(index: number): Promise<Answer> {
    this.#connection ??= await LineConnection.open(this.calling.to, this.calling);
    try {
      const answer = await exchange(this.#connection, this.ask(index));
      if (!this.calling.keep) this[Symbol.dispose]();
      return answer;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

async function exchange(connection: LineConnection, { line, verify }: Ask): Promise<Answer> {
  const text = await connection.request(line);
  const server = verify(text);
  if (server === undefined) {
    const hint = text === line ? ": an echo server? ask it with --echo" : "";
    throw new ClientError("mismatch", `asked ${quoted(line)}, got ${quoted(text)}${hint}`);
  }
  return { text, server };
}
