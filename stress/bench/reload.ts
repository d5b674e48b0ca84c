import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { saying } from "#lb/command/signs";
import { cpuNs } from "./cost.ts";
import type { Bench, Measure, Sample } from "./measure.ts";

const WITHIN_MS = 60_000;
/** Between an answer and the next question, so that the session itself costs the proxy little. */
const PAUSE_MS = 1;

/** What it costs the proxy to read its file again, and how long a session waits for an answer meanwhile, at the longest. */
function reloading(name: string, file: string, weight: number): Measure {
  return {
    name,
    unit: "ms",
    per: `reload of ${file}`,
    about: `CPU to read ${file} again; the time is the longest that a session waited for an answer meanwhile`,
    // What is wanted of a process twice would be unchanged the second time.
    mostSamples: 1,
    fits: ({ reload }) => reload !== undefined,
    extra: true,
    prepare: async () => {},
    sample: (bench) => reloaded(bench, weight),
  };
}

/** The columns of a file that was changed and of one that was not. */
export const reloads: readonly Measure[] = [
  reloading("reload", "a file in which every backend has changed", 2),
  reloading("unchanged", "a file that is the same", 1),
];

async function reloaded({ proxy, port, reload }: Bench, weight: number): Promise<Sample> {
  if (proxy === undefined || reload === undefined) throw new RangeError("expected a subject that can reload");
  const socket = connect(port, "127.0.0.1").setNoDelay();
  try {
    await once(socket, "connect");
    await longestWaitMs(socket, sleep(500));
    const beforeNs = cpuNs(proxy.pid);
    const over = proxy.until(
      saying("read its file again", (line) => line.includes('"msg":"reloaded') || undefined),
      WITHIN_MS,
    );
    reload(weight);
    const waitedMs = await longestWaitMs(socket, over);
    return { cost: (cpuNs(proxy.pid) - beforeNs) / 1e6, wallUs: waitedMs * 1_000 };
  } finally {
    socket.destroy();
  }
}

/** The longest that a question waited for its answer until something is over. */
async function longestWaitMs(socket: Socket, over: Promise<unknown>): Promise<number> {
  let going = true;
  const stop = () => {
    going = false;
  };
  over.then(stop, stop);
  let longestMs = 0;
  while (going) {
    const askedMs = performance.now();
    const answer = once(socket, "data", { signal: AbortSignal.timeout(WITHIN_MS) });
    socket.write("x");
    await answer;
    longestMs = Math.max(longestMs, performance.now() - askedMs);
    await sleep(PAUSE_MS);
  }
  await over;
  return longestMs;
}
