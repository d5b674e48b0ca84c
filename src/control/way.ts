import { lstat, readlink } from "node:fs/promises";
import { dirname, parse, resolve, sep } from "node:path";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** A folder on the way to a file. */
export interface Stage {
  /** Its real path. */
  readonly folder: string;
  /** The names in it that lead to the file, or would if they existed. */
  readonly names: Set<string>;
}

/**
 * The way to a file: each folder, link and file on it, links followed, up to what does not exist. Another file is reached
 * only once one of these names stands for something else. Rejects as the system does where it may not be walked.
 * By a key for each folder that another in its place has not.
 */
export async function wayTo(path: string): Promise<ReadonlyMap<string, Stage>> {
  const stages = new Map<string, Stage>();
  const { root } = parse(resolve(path));
  let folder = root;
  let names = namesOf(resolve(path));
  for (let links = 0; names.length > 0 && links <= MOST_LINKS; ) {
    const [name = "", ...rest] = names;
    const here = resolve(folder, name);
    const { dev, ino } = await lstat(folder);
    const key = `${dev}:${ino} ${folder}`;
    stages.set(key, stages.get(key) ?? { folder, names: new Set() });
    stages.get(key)?.names.add(name);
    const found = await lstat(here).catch(unlessMissing);
    if (found === undefined) break;
    if (found.isSymbolicLink()) {
      links += 1;
      names = [...namesOf(resolve(dirname(here), await readlink(here))), ...rest];
      folder = root;
    } else {
      names = rest;
      folder = here;
    }
  }
  return stages;
}

function namesOf(path: string): string[] {
  return path.split(sep).filter(Boolean);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}
