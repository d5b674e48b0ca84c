import type { Endpoint } from "../../core/address.ts";
import type { Libc } from "./libc.ts";
import { F_DUPFD_CLOEXEC } from "./linux.ts";
import { systemError } from "./system-error.ts";

/** See ListeningSocket.duplicate. */
export function duplicateOf(descriptor: number, libc: Libc, endpoint: Endpoint): number {
  const duplicate = libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) throw systemError("listen", libc.errno(), endpoint);
  return duplicate;
}
