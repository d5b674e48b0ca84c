import { dirname } from "node:path";
import { systemErrors } from "../../core/system-errors.ts";
import { StoreDown, StoreRefused } from "../refusals.ts";

const RETRY_AFTER_MS = 1_000;

/** What keeps the file of a store from its use at the start. */
export function refused(path: string, error: unknown): StoreRefused {
  const { code } = error as NodeJS.ErrnoException;
  return new StoreRefused(
    code === "ENOENT" ? `${dirname(path)}, the folder of the store, does not exist` : sentence(path, error),
  );
}

/** Nothing was kept, for this reason. */
export function down(reason: string): StoreDown {
  return new StoreDown(reason, RETRY_AFTER_MS);
}

/** Nothing was kept, because a file could not be written. */
export function unwritten(path: string, error: unknown): StoreDown {
  return error instanceof StoreDown ? error : down(sentence(path, error));
}

/** It may be kept nonetheless: the disk has not answered. */
export function late(path: string, ms: number): StoreDown {
  return new StoreDown(`${path} could not be written within ${ms} ms`, RETRY_AFTER_MS, true);
}

/** What the system says, as a sentence about the path that it speaks of, else about the one given. */
function sentence(given: string, error: unknown): string {
  const { code = "", message, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const subject = systemErrors[code]?.subject;
  if (subject === undefined) return `${given} cannot be used: ${message}`;
  return `${dest ?? path ?? given} ${subject}`;
}
