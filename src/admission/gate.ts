import type { Session } from "../core/session.ts";

/**
 * Lets a session in, or throws `Ended` with the word it is refused with. What it holds for the session (a place, a
 * token) is given back by disposing of the result.
 */
export type Gate = (session: Session) => Disposable | undefined;

/** Asks all gates in turn; throws as the first that refuses does, after giving back what those before it held. */
export function admit(session: Session, gates: readonly Gate[]): Disposable | undefined {
  // Most listeners have one gate or none, and every connection passes here.
  if (gates.length <= 1) return gates[0]?.(session);
  const held: Disposable[] = [];
  const pass = { [Symbol.dispose]: () => held.reverse().forEach((one) => void one[Symbol.dispose]()) };
  try {
    for (const gate of gates) {
      const one = gate(session);
      if (one !== undefined) held.push(one);
    }
    return pass;
  } catch (refusal) {
    pass[Symbol.dispose]();
    throw refusal;
  }
}
