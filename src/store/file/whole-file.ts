import { type FileHandle, open, readlink, realpath, rename, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { StoreRefused } from "../refusals.ts";

/** More is no store of ours, and would not fit into memory twice. */
export const MOST_BYTES = 64 * 2 ** 20;

/**
 * The text of a regular file of 64 MiB at most; undefined where there is none. Rejects with StoreRefused or an error of the
 * system.
 */
export async function readWhole(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // Not to wait for a writer where the path is a FIFO.
    const found = await stat(path);
    if (!found.isFile()) throw new StoreRefused(`${path} is not a file`);
    if (found.size > MOST_BYTES)
      throw new StoreRefused(`${path} has ${found.size} bytes, expected ${MOST_BYTES} at most`);
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/**
 * Puts a text in the place of a file, whole or not at all and durably, mode 0600: written beside it (`.new`), synced, renamed,
 * and the folder synced. The caller is the only one that writes this file.
 */
export async function writeWhole(path: string, parts: readonly string[]): Promise<void> {
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.chmod(0o600);
    // Goes on with the rest where the system takes a part, so that a full disk is an error and not half a file.
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The path of the file itself, behind symbolic links, also where the last of them leads to a file that is yet to be made. */
export async function behindLinks(path: string, most = 40): Promise<string> {
  const folder = await realpath(dirname(path));
  const here = join(folder, basename(path));
  let target: string;
  try {
    target = await readlink(here);
  } catch {
    return here;
  }
  if (most === 0) throw new StoreRefused(`${path} is a symbolic link that leads to itself`);
  return await behindLinks(resolve(folder, target), most - 1);
}
