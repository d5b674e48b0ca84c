import { Failure } from "../command/failure.ts";

/** What an error may be an instance of on the other side: what those that catch it look for. */
const kinds = { Failure, RangeError, TypeError, Error } as const;

/** An error as plain data. */
export interface PlainError {
  readonly kind: keyof typeof kinds;
  readonly message: string;
  readonly stack: string | undefined;
  /** What the system and we have added to it: its code, address, port, syscall, listener … */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Of anything that was thrown. */
export function plainOf(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const words = Object.keys(kinds) as PlainError["kind"][];
  const kind = words.find((word) => error instanceof kinds[word]) ?? "Error";
  const details = Object.entries(error).filter(
    ([, value]) => typeof value === "string" || typeof value === "number",
  );
  return { kind, message: error.message, stack: error.stack, details: Object.fromEntries(details) };
}

/** The error again, with the stack that it had where it was thrown. */
export function errorOf({ kind, message, stack, details }: PlainError): Error {
  const error = new kinds[kind](message);
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, details);
}
