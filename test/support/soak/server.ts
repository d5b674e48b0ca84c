import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { breakOff } from "../break-off.ts";
import { HEADER_BYTES, type Plan } from "./plan.ts";
import { breathe } from "./reading.ts";
import type { Visit } from "./visit.ts";

/** A backend that does what the plan of each visit says, and can crash and come back on the same port. */
export class SoakServer implements AsyncDisposable {
  endpoint: Extract<Endpoint, { kind: "tcp" }>;
  readonly #visits: ReadonlyMap<number, Visit>;
  readonly #open = new Map<Socket, Visit | undefined>();
  #server: Server | undefined;

  /** Nobody dials from `host`, so that its port is free while it is down. */
  constructor(host: string, visits: ReadonlyMap<number, Visit>) {
    this.endpoint = { kind: "tcp", host, port: 0 };
    this.#visits = visits;
  }

  async start(): Promise<void> {
    const { host, port } = this.endpoint;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.listen({ host, port, backlog: 4096 });
    await once(this.#server, "listening");
    this.endpoint = { ...this.endpoint, port: (this.#server.address() as { port: number }).port };
  }

  /** Breaks off every connection, and refuses until it is started again. */
  async crash(): Promise<void> {
    for (const [socket, visit] of this.#open) strike(socket, visit);
    this.#server?.close();
    if (this.#server?.listening) await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
  }

  #accept(socket: Socket): void {
    this.#open.set(socket, undefined);
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(socket));
    // A health check says nothing.
    socket.on("end", () => {
      if (this.#open.get(socket) === undefined) socket.end();
    });
    let header = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      header = Buffer.concat([header, chunk]);
      if (header.length < HEADER_BYTES) return;
      socket.off("data", read);
      this.#meet(socket, header.readUInt32BE(0), header.subarray(HEADER_BYTES));
    };
    socket.on("data", read);
  }

  #meet(socket: Socket, number: number, rest: Buffer): void {
    const visit = this.#visits.get(number);
    if (visit === undefined) throw new Error(`expected the number of a visit, got ${number}`);
    visit.met = true;
    this.#open.set(socket, visit);
    const { plan } = visit;
    socket.on("data", (chunk) => hear(socket, visit, chunk));
    socket.on("end", () => reply(socket, plan));
    if (plan.manner === "greeting") socket.end(plan.answer);
    hear(socket, visit, rest);
  }
}

function hear(socket: Socket, visit: Visit, chunk: Buffer): void {
  const { manner, serverPace, serverResetsAfterBytes = Infinity } = visit.plan;
  visit.request.take(chunk);
  if (visit.request.length >= serverResetsAfterBytes) strike(socket, visit);
  else if (manner === "echo" && !socket.write(chunk)) {
    socket.pause();
    socket.once("drain", () => socket.resume());
  } else void breathe(socket, serverPace);
}

function reply(socket: Socket, { manner, answer }: Plan): void {
  if (manner === "reply") socket.end(answer);
  if (manner === "echo") socket.end();
}

function strike(socket: Socket, visit: Visit | undefined): void {
  if (socket.destroyed) return;
  if (visit !== undefined) visit.struck = true;
  breakOff(socket);
}
