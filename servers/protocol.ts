import type { Socket } from "node:net";

/** One request on its way to its answer. */
export interface Request {
  /** False once no client waits for the answer any more. */
  readonly wanted: boolean;
  /** Lets it be answered; called once. */
  answer(): void;
}

/** Takes a request and has it answered, now or later: where faults reach into a protocol. */
export type Work = (request: Request) => void;

/** The work of a server without faults. */
export const atOnce: Work = (request) => request.answer();

/** The connections of one server. */
export interface Service {
  /** Takes over the socket, whose errors are already listened to. */
  serve(socket: Socket): void;
  /** Has every connection end as soon as what it asked is answered. */
  finish(): void;
}

/** Makes the service of the server called `name`, which has each request go through `work`. */
export type Protocol = (server: { readonly name: string; readonly port: number }, work: Work) => Service;
