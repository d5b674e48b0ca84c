import { spawn } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import { StoreRefused } from "../refusals.ts";

/** flock(1) was asked not to wait, and another process has the lock. */
const TAKEN = 1;
const DEADLINE_MS = 5_000;

/**
 * Takes the lock of a path for this process, as a flock(2) on `path.lock`, where its process number is written for people.
 * The kernel gives it back when the handle is closed or the process ends, however it ends. Rejects with StoreRefused.
 */
export async function lock(path: string): Promise<FileHandle> {
  const file = await open(`${path}.lock`, "a+", 0o600);
  try {
    await take(file, path);
    await file.truncate();
    await file.write(`${process.pid}\n`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function take(file: FileHandle, path: string): Promise<void> {
  const code = await flock(file.fd);
  if (code === 0) return;
  if (code !== TAKEN) throw new StoreRefused(`${path}.lock could not be locked: flock ended with ${code}`);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
  const holder = buffer.toString("latin1", 0, bytesRead).trim();
  throw new StoreRefused(
    `${path} is in use by another process${holder === "" ? "" : ` (${holder})`}; give each balancer a file of its own`,
  );
}

/** Node has no call for flock(2), but a lock belongs to the open file, which a child can be given: as the shell does it. */
function flock(fd: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", ["-n", "3"], {
      stdio: ["ignore", "ignore", "ignore", fd],
      timeout: DEADLINE_MS,
    });
    child.once("error", () =>
      reject(
        new StoreRefused(
          "the program flock (of util-linux or busybox) is missing; it keeps a second process from the store's file",
        ),
      ),
    );
    child.once("exit", resolve);
  });
}
