import { explain } from "#lb/command/failure";
import { systemErrors } from "#lb/core/system-errors";

/** Why a request got no answer: one word each, the same in every table and results file. The sentence explains it. */
export const clientErrors = {
  "connect-refused": "nothing listens there",
  "connect-timeout": "no connection within the timeout",
  "connect-failed": "the target could not be reached",
  "response-timeout": "no answer within the timeout",
  reset: "the connection was broken off before the answer",
  eof: "the connection was closed before the answer",
  mismatch: "the answer is not the one to this request",
  "local-limit": "this machine ran short of ports, open files or buffers",
} as const satisfies Record<string, string>;

/** One word of the table. */
export type ErrorWord = keyof typeof clientErrors;

/** A request that failed, in one word. It carries no stack: it is an outcome, counted by the thousand. */
export class ClientError {
  constructor(
    readonly word: ErrorWord,
    readonly detail: string = clientErrors[word],
  ) {}
}

/** The word for a socket's error before its connection stood. */
export function connectError(error: NodeJS.ErrnoException & { readonly hostname?: string }): ClientError {
  const { code = "", hostname } = error;
  switch (systemErrors[code]?.dial) {
    case "local":
      return new ClientError("local-limit", code);
    case "refused":
      return new ClientError("connect-refused");
    case "timeout":
      return new ClientError("connect-timeout");
    default:
      return new ClientError("connect-failed", explain(error, hostname));
  }
}

/** The word for a socket's error once its connection stood. */
export function connectionError({ code = "" }: NodeJS.ErrnoException): ClientError {
  return systemErrors[code]?.dial === "local"
    ? new ClientError("local-limit", code)
    : new ClientError("reset");
}

/** Text from a peer, safe and short enough for one line of a terminal. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}

const LONGEST_QUOTE = 120;
