// The load generator, a process of its own so that its CPU is not counted: a fixed number of messages, in closed loops or at a pace.
import { connect, type Socket } from "node:net";
import { quantile } from "../quantile.ts";
import { Exchange } from "./exchange.ts";
import { atPace, inTurn } from "./loops.ts";
import { type Answer, MESSAGE_BYTES, type Task } from "./messages.ts";

const MESSAGE = Buffer.alloc(MESSAGE_BYTES, "m");
const OPENED_AT_ONCE = 32;
// What comes back is counted and not kept, so all connections read into one buffer.
const received = Buffer.allocUnsafe(64 * 1024);

const kept = new Map<number, Connection[]>();
let broken: (error: Error) => void = () => {};

/** One connection to the subject, with at most one message under way. */
class Connection {
  readonly #socket: Socket;
  #awaited = 0;
  #back: () => void = () => {};

  constructor(port: number) {
    const onread = { buffer: received, callback: (bytes: number) => this.#received(bytes) };
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true, onread });
    this.#socket.on("error", (error) => broken(error));
    this.#socket.on("close", () => {
      if (this.#awaited > 0) broken(new Error("a connection was closed before its message was back"));
    });
  }

  /** Sends a message and calls `back` once as many bytes have come back. */
  send(message: Buffer, back: () => void): void {
    this.#awaited = message.length;
    this.#back = back;
    this.#socket.write(message);
  }

  /** Calls `closed` once both sides have finished. */
  close(closed: () => void): void {
    this.#socket.on("close", closed).end();
  }

  #received(bytes: number): boolean {
    this.#awaited -= bytes;
    if (this.#awaited === 0) this.#back();
    return true;
  }
}

function session(port: number, over: () => void): void {
  const connection = new Connection(port);
  connection.send(MESSAGE, () => connection.close(over));
}

const tasks: { [Name in Task["do"]]: (task: Extract<Task, { do: Name }>) => Promise<Answer | undefined> } = {
  open: ({ port, connections }) => {
    const open: Connection[] = [];
    kept.set(port, open);
    return inTurn(connections, OPENED_AT_ONCE, (over) => {
      const connection = new Connection(port);
      open.push(connection);
      connection.send(MESSAGE, over);
    });
  },

  exchange: ({ port, messages, bytes }) => {
    const message = Buffer.alloc(bytes, "m");
    const idle = [...(kept.get(port) ?? [])];
    return inTurn(messages, idle.length, (over) => {
      const connection = idle.pop() as Connection;
      connection.send(message, () => {
        idle.push(connection);
        over();
      });
    });
  },

  sessions: ({ port, sessions, atOnce }) => inTurn(sessions, atOnce, (over) => session(port, over)),

  "paced-sessions": ({ port, sessions, perSec }) => atPace(sessions, perSec, (over) => session(port, over)),

  "paced-messages": async ({ port, messages, perSec }) => {
    const exchange = new Exchange(MESSAGE, kept.get(port) ?? []);
    await atPace(messages, perSec, (over) => exchange.send(over));
    return {
      p99Us: quantile(
        exchange.tookUs.toSorted((a, b) => a - b),
        0.99,
      ),
    };
  },

  close: ({ port }) => {
    const closing = kept.get(port) ?? [];
    kept.delete(port);
    return inTurn(closing.length, closing.length, (over) => closing.pop()?.close(over));
  },
};

async function perform(task: Task): Promise<Answer> {
  const startedAt = performance.now();
  const run = tasks[task.do] as (task: Task) => Promise<Answer | undefined>;
  const answer = await new Promise<Answer | undefined>((resolve, reject) => {
    broken = reject;
    run(task).then(resolve);
  });
  return { ...answer, wallMs: performance.now() - startedAt };
}

process.on("message", async (task: Task) => {
  process.send?.(await perform(task).catch((error: Error): Answer => ({ failed: error.message })));
});
// Between tasks nothing else keeps it alive.
process.channel?.ref();
