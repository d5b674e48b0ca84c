import { once } from "node:events";
import { chmodSync, linkSync, renameSync, unlinkSync } from "node:fs";
import { access, lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";

const MODE = 0o660;
const ANSWER_MS = 1_000;

/**
 * Makes room for a socket file: removes one that refuses connections, as a killed process leaves it; a live one stays.
 * Rejects with ENOTSOCK where another kind of file is in the way, and with the system's error where the folder is not there:
 * binding would say EACCES of that.
 */
export async function makeRoom(path: string): Promise<void> {
  await access(dirname(path));
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw Object.assign(new Error(`${path} is not a socket`), { code: "ENOTSOCK", address: path });
  if (await isDead(path)) await unlink(path);
}

/** Lets only the owner and the group connect. */
export function restrictSocket(path: string): void {
  chmodSync(path, MODE);
}

/** Another may have taken it away. */
export function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch {}
}

/** Does what would remove the file of a socket, which stays: whoever connects meanwhile finds it. */
export function keepingSocket(path: string, work: () => void): void {
  const aside = `${path}.${process.pid}`;
  linkSync(path, aside);
  work();
  renameSync(aside, path);
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
