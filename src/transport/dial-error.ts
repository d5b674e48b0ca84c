import { systemErrors } from "../core/system-errors.ts";
import { DialError, type DialOptions } from "./transport.ts";

/** What a dial failed with, of the system's word for it. */
export function dialError(code: string | undefined, { localAddress }: DialOptions): DialError {
  // From a source address: one of the other family.
  if (code === "EINVAL" && localAddress !== undefined) return new DialError("local", code);
  return new DialError(systemErrors[code ?? ""]?.dial ?? "unreachable", code);
}
