import { systemErrors } from "../core/system-errors.ts";

/** What the code of a dial that failed on our side means to an operator, as a sentence; the code itself where there is none. */
export function explainOwnFault(code: string): string {
  return systemErrors[code]?.ownFault ?? code;
}
