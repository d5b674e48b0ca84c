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
  ["requests were dropped", { counts: { ...calm.counts, dropped: 2 } }, /2 requests were dropped/],
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
  ["a whole core in the closed model", { generator: { ...calm.generator, cpuShare: 1 } }],
])("tolerates %s", (_, change) => {
  expect(reasonsToDoubt({ ...calm, ...change })).toEqual([]);
});
