import type { Session } from "../core/session.ts";

/**
 * Lets a session in, or throws `Ended` with the word it is refused with. What it holds for the session (a place, a
 * token) is given back by disposing of the result.
 */
export type Gate = (session: Session) => Disposable | undefined;
