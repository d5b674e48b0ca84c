import { Socket } from "node:net";
import { exitCodes } from "#lb/command/command";
import { UsageError } from "#lb/command/failure";

/** Ends this process when the descriptor that LB_LEASH_FD names closes, which it does however the parent ends; throws where there is none. */
export function wearLeash(): void {
  const { LB_LEASH_FD } = process.env;
  if (LB_LEASH_FD === undefined) return;
  const leash = pipeAt(LB_LEASH_FD);
  leash.on("error", () => {});
  leash.once("close", () => process.exit(exitCodes.failed));
  leash.resume().unref();
}

function pipeAt(fd: string): Socket {
  try {
    if (!/^\d{1,6}$/.test(fd)) throw new RangeError(fd);
    return new Socket({ fd: Number(fd), readable: true, writable: false });
  } catch {
    throw new UsageError(`expected LB_LEASH_FD to be the number of an inherited pipe, got "${fd}"`);
  }
}
