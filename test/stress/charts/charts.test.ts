import { describe, expect, test } from "vitest";
import { caption } from "../../../stress/charts/caption.ts";
import { widthOf } from "../../../stress/charts/fonts.ts";
import { CAPTION_PX, LINE_WIDTH } from "../../../stress/charts/frame.ts";
import { draw } from "../../../stress/charts/paper.ts";
import { percentiles } from "../../../stress/charts/percentiles.ts";
import { runOf } from "../../../stress/charts/run.ts";
import { share } from "../../../stress/charts/share.ts";
import { throughput } from "../../../stress/charts/throughput.ts";
import { timeline } from "../../../stress/charts/timeline.ts";
import { type Made, syntheticResults } from "../../support/synthetic-results.ts";

const run = (name: string, made: Made = {}, index = 0) => runOf(name, syntheticResults(made), index);

describe("the comparison", () => {
  test("draws each line only as far as ten samples lie beyond", () => {
    const line = percentiles([run("a", { requestsPerRepeat: 1_000, repeats: 1 })], []).data.datasets[0];
    const last = line?.data.at(-1) as { x: number };
    expect(last.x).toBeCloseTo(100, 6);
  });

  test("shows every repeat as a line of its own, outside the legend", () => {
    const { datasets } = percentiles([run("a", { repeats: 3 })], []).data;
    expect(datasets.map(({ label }) => label !== "")).toEqual([true, false, false, false]);
  });

  test("names in the legend the highest percentile the samples can bear", () => {
    const labels = [
      run("many", { requestsPerRepeat: 400 }),
      run("few", { requestsPerRepeat: 40 }),
      run("none", { requestsPerRepeat: 1 }),
    ].map((one) => percentiles([one], []).data.datasets[0]?.label);
    expect(labels).toEqual([
      expect.stringMatching(/^many: p99 [\d.]+ ms$/),
      expect.stringMatching(/^few: p90 [\d.]+ ms$/),
      "none: too few answers",
    ]);
  });
});

test("a server that a run never reached has no bar of that run, and no value", () => {
  const runs = [
    run("one", { servers: { a: [1, 10] } }),
    run("two", { servers: { a: [0.5, 10], b: [0.5, 10] } }, 1),
  ];
  const { labels, datasets } = share(runs, []).data;
  expect(labels).toEqual(["a", "b"]);
  expect(datasets[0]?.data).toEqual([1, null]);
});

test("the axis of the throughput reaches up to the fastest repeat", () => {
  const repeated = run("a", { ratePerSec: 1, repeats: 3 });
  const { scales } = throughput([repeated], []).options as { scales: { y: { suggestedMax: number } } };
  expect(scales.y.suggestedMax).toBeGreaterThan(1);
});

test("throughput is what the results say", () => {
  expect(throughput([run("a", { ratePerSec: 250 })], []).data.datasets[0]?.data).toEqual([250]);
});

test("the timeline speaks of the percentile that its slots can bear", () => {
  const { options } = timeline([run("a", { requestsPerRepeat: 20, repeats: 1 })], []);
  expect(JSON.stringify(options)).toContain("response time, p50 (ms)");
});

test("thin lines are explained where there are any", () => {
  const said = (repeats: number) => JSON.stringify(percentiles([run("a", { repeats })], []).options);
  expect(said(3)).toContain("thin lines");
  expect(said(1)).not.toContain("thin lines");
});

describe("the caption", () => {
  test("says once what all runs have in common", () => {
    const scenario = "Two servers.";
    const lines = caption([run("a", { changes: { scenario } }), run("b", { changes: { scenario } })]);
    expect(lines).toEqual([
      "Two servers.",
      "20 clients, each asking again as soon as it is answered · 20 requests each · a new connection for each request · 3 repeats",
      "2026-01-01 · 2 cores (Example CPU) · Linux 6.1 · Node 20.20.2 · abc1234",
    ]);
  });

  test("names the runs where their plans differ", () => {
    const lines = caption([run("a"), run("b", { repeats: 1 })]);
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^a: 20 clients/),
      expect.stringMatching(/^b: 20 clients/),
    ]);
  });

  test("names the runs where their scenarios differ, and says nothing of those without", () => {
    const of = (name: string, scenario?: string) => run(name, scenario ? { changes: { scenario } } : {});
    const lines = caption([of("a", "Two servers."), of("b"), of("c", "Two servers."), of("d", "One.")]);
    expect(lines.slice(0, 3)).toEqual([
      "a, c: Two servers.",
      "d: One.",
      expect.stringMatching(/^20 clients/),
    ]);
  });

  test.each(["轮询最少连接", "it was late and ", "no-space-anywhere-", "a"])(
    "breaks %s… where the picture ends",
    (part) => {
      const reason = part.repeat(Math.ceil(600 / part.length)).trim();
      const lines = caption([run("a", { changes: { status: "invalid", invalidReasons: [reason] } })]).slice(
        2,
      );
      expect(lines.length).toBeGreaterThan(2);
      expect(lines.every((line) => widthOf(line, CAPTION_PX) <= LINE_WIDTH)).toBe(true);
      expect(lines.join("").replaceAll(" ", "")).toContain(reason.replaceAll(" ", ""));
    },
  );

  test("says what is to be known of a run that may be believed", () => {
    const lines = caption([run("a", { changes: { notes: ["its p99 is the tester's own"] } })]);
    expect(lines.at(-1)).toBe("a: its p99 is the tester's own");
  });

  test("says which run must not be believed, and why", () => {
    const lines = caption([run("a", { changes: { status: "invalid", invalidReasons: ["it was late"] } })]);
    expect(lines.at(-1)).toBe("a is INVALID, its numbers mean little: it was late");
  });
});

test("text is really drawn: another caption is another picture", () => {
  const picture = (text: string) => draw(throughput([run("a")], [text]) as never);
  expect(picture("one").equals(picture("one"))).toBe(true);
  expect(picture("one").equals(picture("two"))).toBe(false);
});
