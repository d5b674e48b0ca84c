import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Endpoint, formatEndpoint } from "../core/address.ts";

/** What tells that a child has got somewhere. */
export interface Sign<T> {
  /** What it is to do, as in "it did not …". */
  readonly what: string;
  /** Resolves with what was found when the sign is seen; `over` is aborted when it is not looked for any more. */
  readonly seen: (child: ChildProcess, over: AbortSignal) => Promise<T>;
}

/** What is kept of a line that does not end. */
const LONGEST_LINE = 64 * 1024;
const ASK_AGAIN_MS = 20;

/** The first line on stdout that `read` makes something of. */
export function saying<T>(what: string, read: (line: string) => T | undefined): Sign<T> {
  const seen = ({ stdout }: ChildProcess, over: AbortSignal) =>
    new Promise<T>((resolve) => {
      let unfinished = "";
      const look = (chunk: string) => {
        const lines = (unfinished + chunk).split("\n");
        unfinished = (lines.pop() as string).slice(-LONGEST_LINE);
        for (const line of lines) {
          const found = read(line);
          if (found !== undefined) return resolve(found);
        }
      };
      stdout?.on("data", look);
      over.addEventListener("abort", () => stdout?.off("data", look));
    });
  return { what, seen };
}

/** That a connection there stands. */
export function listening(endpoint: Endpoint): Sign<void> {
  return {
    what: `listen on ${formatEndpoint(endpoint)}`,
    async seen(_child, over) {
      while (!over.aborted && !(await accepts(endpoint, over))) await sleep(ASK_AGAIN_MS);
    },
  };
}

async function accepts(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
  const socket = endpoint.kind === "unix" ? connect(endpoint.path) : connect(endpoint.port, endpoint.host);
  try {
    await once(socket, "connect", { signal });
    return true;
  } catch {
    return false;
  } finally {
    socket.on("error", () => {}).destroy();
  }
}
