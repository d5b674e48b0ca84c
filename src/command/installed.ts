import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

// Debian keeps servers where a user's PATH does not look.
const SERVERS = ["/usr/sbin", "/usr/local/sbin"];

/**
 * The path of a program of this machine: itself where it is a path, else in the first folder that has it, of PATH, of those
 * for servers and of those `beyond`; undefined where there is none.
 */
export function installed(program: string, beyond: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SERVERS, ...beyond];
  const paths = program.includes("/") ? [program] : folders.map((folder) => join(folder, program));
  return paths.find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
