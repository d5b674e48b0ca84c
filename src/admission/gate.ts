import type { Session } from "../live/session.ts";

/**
 * Lets a session in, or throws `Ended` with the word it is refused with. What it holds for the session (a place, a
 * token) is given back by disposing of the result.
 */
export type Gate = (session: Session) => Disposable | undefined;

/** Asks all gates in turn; throws as the first that refuses does, after giving back what those before it held. */
export function admit(session: Session, gates: readonly Gate[]): Disposable | undefined {
  let held: Disposable | undefined;
  try {
    for (const gate of gates) held = both(held, gate(session));
    return held;
  } catch (refusal) {
    held?.[Symbol.dispose]();
    throw refusal;
  }
}

/** Gives back what two gates hold, the later first. */
function both(first: Disposable | undefined, second: Disposable | undefined): Disposable | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return {
    [Symbol.dispose]() {
      second[Symbol.dispose]();
      first[Symbol.dispose]();
    },
  };
}
