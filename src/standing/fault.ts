/** What may be held against a backend: a dial that failed, a session it left without an answer, one it ended early. */
export type Fault = "dial" | "unanswered" | "early";

/** How a backend ended a session before its client did. */
export interface Hangup {
  /** Whether the client had sent a byte. */
  readonly asked: boolean;
  /** Whether the backend had. */
  readonly answered: boolean;
  /** How long after the client's first byte; where none had come, after the connection stood. */
  readonly afterMs: number;
}

/** A backend that ends a session later than this has thought about it. */
const SOON_MS = 5_000;

/**
 * What an end is held against the backend for. One without an answer only where `isServed` says that the same client is
 * answered elsewhere: a service that never answers has no fault, and garbage deserves no answer.
 */
export function faultOf(
  { asked, answered, afterMs }: Hangup,
  earlyMs: number,
  isServed: () => boolean,
): Fault | undefined {
  if (afterMs < earlyMs) return "early";
  return asked && !answered && afterMs <= SOON_MS && isServed() ? "unanswered" : undefined;
}

/** Several faults in words, of each kind how many: `5 failed dials in a row`. */
export function wordsFor(faults: Readonly<Record<Fault, number>>): string {
  const kinds = (Object.keys(NAMES) as Fault[]).filter((fault) => faults[fault] > 0);
  const sum = kinds.reduce((total, fault) => total + faults[fault], 0);
  const [only, other] = kinds;
  const [one, many] = only === undefined || other !== undefined ? MIXED : NAMES[only];
  return sum === 1 ? `1 ${one}` : `${sum} ${many} in a row`;
}

const NAMES = {
  dial: ["failed dial", "failed dials"],
  unanswered: ["session without an answer", "sessions without an answer"],
  early: ["session that it ended early", "sessions that it ended early"],
} as const satisfies Record<Fault, readonly [one: string, many: string]>;
const MIXED = ["failure", "failures"] as const;
