import type { Socket } from "node:net";

/** What becomes of a connection that is not served. */
export type Fate = "reset-at-once" | "reset-at-first-bytes" | "stall";

/** Lets the connection meet its fate; a peer that finishes first is let go. */
export function meet(fate: Fate, socket: Socket): void {
  if (fate === "reset-at-once") {
    socket.resetAndDestroy();
    return;
  }
  if (fate === "reset-at-first-bytes") socket.once("data", () => socket.resetAndDestroy());
  socket.resume();
  socket.once("end", () => socket.end());
}
