import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { breakOff } from "../break-off.ts";
import { type Outcome, within } from "../peer.ts";
import { HEADER_BYTES, type Plan } from "./plan.ts";
import { breathe, Reading } from "./reading.ts";

const LONGEST_MS = 20_000;

/** One client's connection from its beginning to its end, with what each side saw of it. */
export class Visit {
  /** The address and port the client came from. */
  client = "";
  /** How the client saw the end. */
  outcome: Outcome | undefined;
  /** Whether the client broke it off. */
  left = false;
  /** Whether a server came to know of it, and whether that server crashed or broke it off. */
  met = false;
  struck = false;
  #saidAll = false;
  readonly answer: Reading;
  readonly request: Reading;

  constructor(readonly plan: Plan) {
    this.answer = new Reading(plan.answer);
    this.request = new Reading(plan.request);
  }

  /** What the client sent in all, if it came to send everything. */
  get sentBytes(): number {
    return HEADER_BYTES + this.plan.request.length;
  }

  /** Whether the client was told that it is not served. */
  get refused(): boolean {
    return this.answer.wrongAt === 0 && this.answer.head.startsWith("ERR ");
  }

  /** Resolves when nothing is left of the client's socket; rejects where that takes longer than 20 s. */
  async pay(to: Extract<Endpoint, { kind: "tcp" }>): Promise<void> {
    const { from, number } = this.plan;
    const socket = connect({ host: to.host, port: to.port, localAddress: from, allowHalfOpen: true });
    const closed = new Deferred<void>();
    socket.on("connect", () => void this.#speak(socket));
    socket.on("data", (chunk) => this.#listen(socket, chunk));
    socket.on("end", () => this.#ended(socket));
    socket.on("error", () => this.#settle("reset"));
    socket.on("close", () => closed.resolve());
    await within(`the end of visit ${number}`, closed.promise, LONGEST_MS).finally(() => socket.destroy());
    this.#settle("reset");
  }

  async #speak(socket: Socket): Promise<void> {
    const { number, request, pieces, manner, clientLeaves } = this.plan;
    this.client = `${socket.localAddress}:${socket.localPort}`;
    if (typeof clientLeaves === "number") void delay(clientLeaves).then(() => this.#leave(socket));
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(number);
    socket.write(header);
    const size = Math.ceil(request.length / pieces);
    for (let sent = 0; sent < request.length && socket.writable; sent += size) {
      socket.write(request.subarray(sent, sent + size));
      if (pieces > 1) await delay(1);
    }
    this.#saidAll = true;
    if (manner !== "echo" || request.length === 0 || this.outcome !== undefined) socket.end();
  }

  #leave(socket: Socket): void {
    if (socket.destroyed) return;
    this.left = true;
    breakOff(socket);
  }

  #listen(socket: Socket, chunk: Buffer): void {
    const { manner, request, answer, clientPace, clientLeaves } = this.plan;
    this.answer.take(chunk);
    if (clientLeaves === "midway" && this.answer.length > answer.length / 2) this.#leave(socket);
    if (manner === "echo" && this.answer.length === request.length) socket.end();
    void breathe(socket, clientPace);
  }

  #ended(socket: Socket): void {
    this.#settle("end");
    // Whoever still speaks goes on to its end, also where nobody reads that any more.
    if (this.#saidAll) socket.end();
  }

  #settle(outcome: Outcome): void {
    this.outcome ??= outcome;
  }
}
