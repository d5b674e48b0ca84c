import { once } from "node:events";
import { chmodSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";

const MODE = 0o660;
const ANSWER_MS = 1_000;

/** Removes a socket file that nobody answers on, as a killed process leaves it; a live one, or another kind of file, stays. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() && (await isDead(path))) await unlink(path);
}

/** Lets the owner and the group connect, and nobody else. */
export function restrictSocket(path: string): void {
  chmodSync(path, MODE);
}

async function isDead(path: string): Promise<boolean> {
  const socket = connect({ path, timeout: ANSWER_MS });
  try {
    await Promise.race([once(socket, "connect"), once(socket, "timeout")]);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}
