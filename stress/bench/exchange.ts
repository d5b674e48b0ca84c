/** A connection with at most one message under way. */
interface Sender {
  send(message: Buffer, back: () => void): void;
}

/** Sends messages over idle connections, of which one that is back is the last to be used again; with each, how long it took. */
export class Exchange {
  readonly tookUs: number[] = [];
  readonly #message: Buffer;
  readonly #idle: Sender[];
  readonly #waiting: ((connection: Sender) => void)[] = [];

  constructor(message: Buffer, idle: readonly Sender[]) {
    this.#message = message;
    this.#idle = [...idle];
  }

  /** The time counts from here, also while all connections are busy. */
  send(over: () => void): void {
    const dueMs = performance.now();
    const use = (connection: Sender) =>
      connection.send(this.#message, () => {
        this.tookUs.push((performance.now() - dueMs) * 1_000);
        this.#isBack(connection);
        over();
      });
    const connection = this.#idle.shift();
    if (connection === undefined) this.#waiting.push(use);
    else use(connection);
  }

  #isBack(connection: Sender): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next(connection);
  }
}
