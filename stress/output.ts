import { randomInt } from "node:crypto";
import type { Stats } from "node:fs";
import { access, constants, mkdir, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, sep } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { explain, Failure } from "#lb/command/failure";

/** Reads the path of a file that is to be written; throws a RangeError for one that names none. */
export function filePath(text: string): string {
  if (text !== "") return text;
  throw new RangeError("expected the path of a file, got nothing");
}

/** Reads the path of a folder that is to be written into; throws a RangeError for one that names none. */
export function folderPath(text: string): string {
  if (text !== "") return text;
  throw new RangeError("expected a folder, got nothing");
}

/**
 * Finds out whether a file can be written, by writing another beside it; of what that takes nothing is left. Throws a
 * Failure that says why it cannot.
 */
export async function tryFile(path: string): Promise<void> {
  if (await isDevice(path)) return access(path, constants.W_OK).catch(failure(path));
  const made = await makeFolder(dirname(path));
  try {
    await tryBeside(path);
  } finally {
    // It stays where another process has put something into it by now.
    if (made) await rmdir(dirname(path)).catch(() => {});
  }
}

/**
 * Writes a file, whole or not at all; a device or a pipe is written to. It makes the file's folder, but none above it: a mistyped
 * path is to be told, not made. Throws a Failure where the file cannot be written.
 */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  if (await isDevice(path)) return writeFile(path, content).catch(failure(path));
  await makeFolder(dirname(path));
  await writeFileAtomic(path, content).catch(failure(path));
}

async function isDevice(path: string): Promise<boolean> {
  const present = await presentAt(path);
  if (present?.isDirectory() || path.endsWith(sep)) throw new Failure(`${path} is a folder, expected a file`);
  return present !== undefined && !present.isFile();
}

/** Whether it was made now. */
async function makeFolder(folder: string): Promise<boolean> {
  const missing = await firstMissing(folder);
  if (missing === undefined) return false;
  if (missing !== folder) throw new Failure(`${missing} does not exist`);
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another file of the same folder may be written at the same time.
    if (code === "EEXIST") return false;
    if (code === "ENOENT") throw new Failure(`${folder} does not exist and cannot be made`);
    throw new Failure(explain(error, dirname(folder)));
  }
}

/** The folder, or the first above it, that does not exist though the one above does; undefined where the folder does. */
async function firstMissing(folder: string): Promise<string | undefined> {
  const present = await presentAt(folder);
  if (present?.isDirectory()) return undefined;
  if (present !== undefined) throw new Failure(`${folder} is not a folder`);
  return (await firstMissing(dirname(folder))) ?? folder;
}

/** No check of rights tells all: the superuser has every right, and /proc takes no file for it. */
async function tryBeside(path: string): Promise<void> {
  // As long a name as the one under which the file is written until it is whole.
  const trial = `${path}.${randomInt(1e9, 1e10)}`;
  try {
    await writeFile(trial, "", { flag: "wx" });
    await rm(trial);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const folder = dirname(path);
    if (code === "ENOENT") throw new Failure(`no file can be made in ${folder}`);
    throw new Failure(explain(error, code === "ENAMETOOLONG" ? path : folder));
  }
}

async function presentAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure(explain(error, path));
  }
}

function failure(path: string): (error: unknown) => never {
  return (error) => {
    throw new Failure(explain(error, path));
  };
}
