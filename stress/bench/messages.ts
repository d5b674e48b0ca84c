/** What the load generator can be asked to do, one thing at a time; it answers when it is done. */
export type Task =
  /** Opens connections to a port, to keep, each of which has one message echoed. */
  | { readonly do: "open"; readonly port: number; readonly connections: number }
  /** Has messages echoed over the open connections to a port; each sends its next when its last is back. */
  | { readonly do: "exchange"; readonly port: number; readonly messages: number; readonly bytes: number }
  /** Connects, has one message echoed and closes, `sessions` times, `atOnce` side by side. */
  | { readonly do: "sessions"; readonly port: number; readonly sessions: number; readonly atOnce: number }
  /** The same, so many a second, whether or not those before are over. */
  | {
      readonly do: "paced-sessions";
      readonly port: number;
      readonly sessions: number;
      readonly perSec: number;
    }
  /** Has messages echoed over the open connections to a port, so many a second; the answer has `p99Us`. */
  | {
      readonly do: "paced-messages";
      readonly port: number;
      readonly messages: number;
      readonly perSec: number;
    }
  /** Closes the open connections to a port. */
  | { readonly do: "close"; readonly port: number };

/** What the echo backend can be asked: to listen on so many fresh ports, in place of those before. */
export interface Listen {
  readonly do: "listen";
  readonly ports: number;
}

/** What either of them answers. */
export interface Answer {
  /** Where the backend listens now. */
  readonly ports?: readonly number[];
  /** How long the task took. */
  readonly wallMs?: number;
  /** The time, in microseconds, in which 99 of 100 paced messages were back. */
  readonly p99Us?: number;
  /** Why it could not be done. */
  readonly failed?: string;
}

/** The size of a message where nothing else is said. */
export const MESSAGE_BYTES = 64;
