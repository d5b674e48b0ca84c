import { saying } from "#lb/command/signs";
import { cpuNs } from "./cost.ts";
import type { Bench, Measure, Sample } from "./measure.ts";

const WITHIN_MS = 300_000;

/** Milliseconds of the proxy's CPU from the moment its backends begin to fail until it has said of each that it is down. */
export const failing: Measure = {
  name: "failing",
  unit: "ms",
  per: "failure of all backends",
  about:
    "CPU from a reload after which every backend refuses, until each is logged as down; at most one probe each",
  // Afterwards there is nothing left that could fail.
  mostSamples: 1,
  fits: ({ fail }) => fail !== undefined,
  extra: true,
  prepare: async () => {},
  sample: failed,
};

async function failed({ proxy, fail }: Bench): Promise<Sample> {
  if (proxy === undefined || fail === undefined) throw new RangeError("expected a subject that can fail");
  const spent = () => ({ cpuMs: cpuNs(proxy.pid) / 1e6, wallMs: performance.now() });
  let from: ReturnType<typeof spent> | undefined;
  let awaited = Infinity;
  const downs = saying("log every backend as down", (line) => {
    // What the reload itself costs is not counted; its probes begin about when it says that it is done.
    const down = downsIn(line);
    if (down > 0 || line.includes('"msg":"reloaded"')) from ??= spent();
    awaited -= down;
    return awaited <= 0 ? spent() : undefined;
  });
  const over = proxy.until(downs, WITHIN_MS);
  awaited = fail();
  const { cpuMs, wallMs } = await over;
  const begun = from ?? { cpuMs, wallMs };
  return { cost: cpuMs - begun.cpuMs, wallUs: (wallMs - begun.wallMs) * 1_000 };
}

/** How many backends a line of the log says are down; nearly all it had to drop meanwhile said the same. */
function downsIn(line: string): number {
  if (line.includes('"msg":"backend down"')) return 1;
  return Number(/"dropped":(\d+),"msg":"log lines dropped"/.exec(line)?.[1] ?? 0);
}
