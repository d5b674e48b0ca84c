import { expect, test } from "vitest";
import { distributionOf } from "../../stress/distribution.ts";
import { notesOn } from "../../stress/notes.ts";
import { defaultPlan } from "../../stress/plan.ts";

type Evidence = Parameters<typeof notesOn>[0];

const all = (us: number, n = 1_000) => distributionOf(Array.from({ length: n }, () => us));

const closed: Evidence = {
  plan: defaultPlan,
  completedPerSec: 390,
  generator: { loopDelayP99Us: 300, scheduleLagP99Us: null, cpuShare: 0.5 },
  latency: all(10_000),
  fromIntended: null,
  startedLate: null,
};
const open: Evidence = {
  ...closed,
  plan: { ...defaultPlan, model: "open", ratePerSec: 500 },
  generator: { ...closed.generator, scheduleLagP99Us: 400 },
  fromIntended: all(10_500),
  startedLate: all(200),
};

test("says nothing of a run that is well above what the generator adds and kept its rate", () => {
  expect([notesOn(closed), notesOn(open)]).toEqual([[], []]);
});

test("says so where the p99 is within what the generator itself adds", () => {
  expect(notesOn({ ...closed, latency: all(290) })).toEqual([
    "p99 from sending, 0.29 ms, is within what the generator itself adds (up to 0.3 ms, p99): it says little of the target",
  ]);
});

test("adds, from the intended moment on, how late the generator starts requests", () => {
  expect(notesOn({ ...open, latency: all(310), fromIntended: all(650) })).toEqual([
    expect.stringMatching(/^p99 from intended, 0\.65 ms, is within .* \(up to 0\.7 ms, p99\)/),
  ]);
});

test("says nothing of a p99 that too few answers can bear", () => {
  expect(notesOn({ ...closed, latency: all(290, 999) })).toEqual([]);
});

test("says how far the target was behind the rate, but not where the generator was", () => {
  expect(notesOn({ ...open, startedLate: all(60_000) })).toEqual([
    expect.stringMatching(
      /^requests waited for a free client, 60 ms \(p99\), .* 390 came a second and not 500$/,
    ),
  ]);
  const late = { ...open.generator, scheduleLagP99Us: 60_000 };
  expect(notesOn({ ...open, startedLate: all(60_000), fromIntended: all(70_000), generator: late })).toEqual(
    [],
  );
});
