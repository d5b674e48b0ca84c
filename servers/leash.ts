import { Socket } from "node:net";
import { exitCodes } from "#lb/command/command";

/** Ends this process when the descriptor that LB_LEASH_FD names closes, which it does however the parent ends. */
export function wearLeash(): void {
  const { LB_LEASH_FD } = process.env;
  if (LB_LEASH_FD === undefined) return;
  const leash = new Socket({ fd: Number(LB_LEASH_FD), readable: true, writable: false });
  leash.on("error", () => {});
  leash.once("close", () => process.exit(exitCodes.failed));
  leash.resume().unref();
}
