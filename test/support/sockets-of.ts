import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The state of a socket whose other side has finished while ours has not, in proc_net_tcp(5). */
const CLOSE_WAIT = "08";

/** The rows of the system's table of sockets that a process holds half-closed: the other side has left and it has not. */
export function closeWaiting(pid: number): string[] {
  const own = inodesOf(pid);
  const rows = ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n"),
  );
  return rows.filter((row) => {
    const [, , , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === CLOSE_WAIT && own.has(inode as string);
  });
}

function inodesOf(pid: number): ReadonlySet<string> {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** Empty where it was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
