import { expect, test } from "vitest";
import { reportOf } from "../../stress/report.ts";
import { syntheticResults } from "../support/synthetic-results.ts";

const notes = ["its p99 is the tester's own"];

test("says what is to be known before the numbers of a run are read", () => {
  const report = reportOf(syntheticResults({ changes: { notes } }), "some.json");
  expect(report).toMatch(/^ {2}note +its p99 is the tester's own$/m);
});

test("says of a run that must not be believed why, and no number that a note could be about", () => {
  const report = reportOf(
    syntheticResults({ changes: { status: "invalid", invalidReasons: ["it was late"], notes } }),
    "some.json",
  );
  expect(report).toMatch(/^ {2}invalid +it was late$/m);
  expect(report).not.toMatch(/note|latency|answers per second/);
});
