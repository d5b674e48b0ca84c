import type { EngineName } from "../../core/transport-names.ts";
import { libc, libcAbsence } from "./libc.ts";
import { uringRefusal } from "./uring-refusal.ts";

/** Why this thread can have no engine of that name, in words; undefined where it can. */
export function engineRefusal(name: EngineName | "native"): string | undefined {
  const library = libc();
  if (library === undefined) return libcAbsence();
  return name === "io_uring" ? uringRefusal(library) : undefined;
}
