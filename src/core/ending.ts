/**
 * Every session ends for exactly one reason: one word of this table, the same in the log, the metrics, the API and
 * the docs. The sentence says what it means to a person who reads the word for the first time.
 */
export const endings = {
  done: "both sides finished and every byte was delivered; with halfClose: false, one side finished and its bytes were",
  "client-reset": "the client broke the connection off; the backend was told by a reset",
  "backend-reset": "the backend broke the connection off; the client got the bytes so far",
  "client-gone": "the client left before a backend answered",
  "no-backend": "no backend may get new sessions",
  "connect-refused": "the last backend tried refused the connection",
  "connect-timeout": "the last backend tried did not answer within the connect timeout",
  "connect-failed":
    "the last backend tried could not be reached, or this machine ran short of sockets or ports",
  "queue-full": "every usable backend was full, and so was the queue",
  "queue-timeout": "no backend had a free place within the queue's timeout",
  denied: "the access list denies this client",
  "client-limit": "this client has too many connections open",
  "rate-limited": "this client used up its tokens",
  "listener-full": "the listener has its maximum of sessions, or all listeners together have theirs",
  "bad-proxy-header": "the PROXY header was missing, malformed, too long or too slow",
  idle: "nothing was sent either way for the idle timeout",
  "fin-timeout": "one side had finished and the other was silent for the fin timeout",
  "max-age": "the session reached its maximum age",
  drained: "its backend was drained and the time for that was over",
  "backend-down": "its backend was found down, or put into maintenance, and its pool ends sessions then",
  rebalanced: "it was old, its backend had more than its fair share, and an operator had the pool rebalanced",
  killed: "an operator ended it",
  shutdown: "the balancer stopped and the grace was over",
  bug: "a defect of the balancer; this session alone was ended",
} as const satisfies Record<string, string>;

/** One word of the table. */
export type Ending = keyof typeof endings;

/** Endings that are failures of servers, of the balancer or of room; sessions that were served, refused or ended on purpose are none. */
export const failures: ReadonlySet<Ending> = new Set<Ending>([
  "backend-reset",
  "no-backend",
  "connect-refused",
  "connect-timeout",
  "connect-failed",
  "queue-full",
  "queue-timeout",
  "listener-full",
  "backend-down",
  "bug",
]);

/** Thrown to end a session with a word. It carries no stack: an ending is an outcome, not a defect. */
export class Ended {
  /** `retryMs`: when it is worth coming back, where that is known. */
  constructor(
    readonly ending: Ending,
    readonly retryMs?: number,
  ) {}
}
