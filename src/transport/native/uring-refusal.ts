import type { EngineEvents } from "./engine.ts";
import type { Libc } from "./libc.ts";
import { EACCES, EINVAL, ENOMEM, ENOSYS, EPERM } from "./linux.ts";
import { RingError } from "./uring-opening.ts";
import { UringSet } from "./uring-set.ts";

const FORBIDDEN = "is forbidden here, by kernel.io_uring_disabled or a seccomp profile as Docker's";
const REASONS: ReadonlyMap<number, string> = new Map([
  [EPERM, FORBIDDEN],
  [EACCES, FORBIDDEN],
  [ENOSYS, "is not in this kernel"],
  [EINVAL, "needs Linux 6.1 or newer"],
  [ENOMEM, "needs 128 KiB of memory that this user may lock and has not locked yet (ulimit -l)"],
]);

const DEAF: EngineEvents = { due() {}, woke() {}, occupied() {}, opened() {}, defect() {} };

/** What io_uring lacks on this machine, in words; undefined: nothing. Makes all that an engine needs of the kernel, and gives it back. */
export function uringRefusal(libc: Libc): string | undefined {
  try {
    const set = new UringSet(libc, DEAF);
    try {
      // A profile may allow to make a ring, and not to use it.
      set.flush();
    } finally {
      set.end();
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof RingError)) throw error;
    return REASONS.get(error.errno) ?? `cannot be used here (${error.message})`;
  }
}
