import { expect, test } from "vitest";
import { distributionOf } from "../../stress/distribution.ts";
import { defaultPlan } from "../../stress/plan.ts";
import { Recording } from "../../stress/recording.ts";
import { reasonsToDoubt } from "../../stress/verdict.ts";

type Evidence = Parameters<typeof reasonsToDoubt>[0];

const calm: Evidence = {
  plan: defaultPlan,
  recording: new Recording(),
  counts: { planned: 1000, started: 1000, ok: 1000, failed: 0, dropped: 0, warmup: 0 },
  crowdedOut: 0,
  completedPerSec: 390.7,
  generator: { loopDelayP99Us: 900, scheduleLagP99Us: 1200, cpuShare: 0.5 },
  latency: distributionOf(Array.from({ length: 1000 }, (_, i) => 1000 + i)),
  localLimits: 0,
};
const open = { ...defaultPlan, model: "open" as const, ratePerSec: 500 };
const slow = distributionOf([300_000]);

test("believes a run in which the generator kept up", () => {
  expect(reasonsToDoubt(calm)).toEqual([]);
});

test.each<[string, Partial<Evidence>, RegExp]>([
  ["ports or files ran out", { localLimits: 3 }, /ran short of ports or open files 3 times/],
  [
    "requests were dropped for want of a free client, and it says what the target carried of the rate",
    { plan: open, counts: { ...calm.counts, dropped: 3 }, crowdedOut: 2 },
    /^2 of 1003 requests were dropped: all clients \(20\) were waiting for answers, of which 390\.7 came a second and not 500;/,
  ],
  [
    "more than a tenth of what lies beyond the rarest percentile was dropped",
    { counts: { ...calm.counts, started: 99_985, dropped: 15 }, crowdedOut: 11 },
    /^11 of 100000 requests/,
  ],
  [
    "the event loop was late beyond what was measured",
    { generator: { ...calm.generator, loopDelayP99Us: 80_000 } },
    /80 ms late/,
  ],
  [
    "the schedule was not kept",
    { generator: { ...calm.generator, scheduleLagP99Us: 60_000 } },
    /60 ms after/,
  ],
  [
    "a rate took the whole core",
    { plan: open, generator: { ...calm.generator, cpuShare: 1 } },
    /100 % of a core/,
  ],
])("doubts a run when %s", (_, change, reason) => {
  const reasons = reasonsToDoubt({ ...calm, ...change });
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatch(reason);
});

test.each<[string, Partial<Evidence>]>([
  [
    "a late event loop where latencies are longer",
    { latency: slow, generator: { ...calm.generator, loopDelayP99Us: 250_000 } },
  ],
  ["one request that found no free client", { counts: { ...calm.counts, dropped: 1 }, crowdedOut: 1 }],
  [
    "a tenth of what lies beyond the rarest percentile",
    { counts: { ...calm.counts, started: 99_990, dropped: 10 }, crowdedOut: 10 },
  ],
  ["requests dropped by chance, a little late at the end", { counts: { ...calm.counts, dropped: 5 } }],
  ["a whole core in the closed model", { generator: { ...calm.generator, cpuShare: 1 } }],
])("tolerates %s", (_, change) => {
  expect(reasonsToDoubt({ ...calm, ...change })).toEqual([]);
});
