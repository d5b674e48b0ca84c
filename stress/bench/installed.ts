import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

// Debian keeps servers where a user's PATH does not look.
const ALSO = ["/usr/sbin", "/usr/local/sbin"];

/** Where a program is installed, or undefined. */
export function installed(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...ALSO];
  return folders.map((folder) => join(folder, program)).find(executable);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
