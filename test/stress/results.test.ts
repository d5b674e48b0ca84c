import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Failure } from "#lb/command/failure";
import { defaultPlan } from "../../stress/plan.ts";
import { Recording } from "../../stress/recording.ts";
import { prepareResults, type Results, readResults, writeResults } from "../../stress/results.ts";
import { summarize } from "../../stress/summarize.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "results-"));
});

afterAll(() => rm(folder, { recursive: true }));

function someResults(): Results {
  const recording = new Recording();
  for (let i = 0; i < 40; i++) {
    const index = recording.start(i * 1000, i * 1000);
    recording.connected(index, 50);
    if (i % 10 === 9) recording.fail(index, "reset");
    else recording.answered(index, 100 + i, i % 2 === 0 ? "a" : "b");
  }
  recording.runs.push({
    startedAt: new Date(0),
    durationMs: 40,
    dropped: 0,
    warmup: 0,
    aborted: false,
    loopDelayP99Us: 900,
    scheduleLagP99Us: null,
    cpuShare: 0.3,
  });
  const plan = { ...defaultPlan, clients: 4, requestsPerClient: 10 };
  return summarize({ name: "Some", target: "127.0.0.1:1", plan, recording });
}

test("reads back what it wrote, and makes the folder", async () => {
  const path = join(folder, "a", "some.json");
  const results = someResults();
  await writeResults(path, results);
  expect(await readResults(path)).toEqual(results);
  expect(await readdir(join(folder, "a"))).toEqual(["some.json"]);
});

test("counts, shares and errors agree with the samples", () => {
  const { counts, errors, perServer, latencyUs, connectUs, timeline, status } = someResults();
  expect(counts).toEqual({ planned: 40, started: 40, ok: 36, failed: 4, dropped: 0, warmup: 0 });
  expect(errors).toEqual({ reset: 4 });
  expect(perServer.map(({ server, requests, share }) => [server, requests, share])).toEqual([
    ["a", 20, 0.5556],
    ["b", 16, 0.4444],
  ]);
  expect(latencyUs.fromSend).toMatchObject({ n: 36, min: 100, max: 138, p75: null });
  expect(latencyUs.fromIntended).toBeNull();
  expect(connectUs.n).toBe(40);
  expect(timeline).toMatchObject([{ atMs: 250, ok: 36, failed: 4 }]);
  expect(status).toBe("valid");
});

test.each<[string, (results: Results) => unknown, RegExp]>([
  ["another schema", (results) => ({ ...results, schema: "other/1" }), /"lb-stress\/1": schema: /],
  ["a list", () => [1, 2], /expected object/],
  ["a missing part", ({ counts: _, ...rest }) => rest, /counts: /],
  [
    "columns of unequal length",
    (results) => ({ ...results, samples: { ...results.samples, run: [0] } }),
    /columns of one length, got startUs 40 and run 1/,
  ],
  [
    "an index beyond its table",
    (results) => ({ ...results, samples: { ...results.samples, servers: ["a"] } }),
    /expected server below 1, got 1/,
  ],
  [
    "text in a column",
    (results) => ({
      ...results,
      samples: { ...results.samples, latencyUs: results.samples.latencyUs.map(String) },
    }),
    /samples.latencyUs: expected a list of whole numbers/,
  ],
  ["an unknown error word", (results) => ({ ...results, errors: { tired: 1 } }), /errors: /],
])("refuses %s in one line that names the file", async (name, change, expected) => {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(change(someResults())));
  const error = await readResults(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).message).toMatch(expected);
  expect((error as Failure).message).toContain(path);
  expect((error as Failure).message).not.toContain("\n");
});

test("says so when a file is cut short, missing or a folder", async () => {
  const path = join(folder, "whole.json");
  await writeResults(path, someResults());
  const text = await readFile(path, "utf8");
  const cut = join(folder, "cut.json");
  await writeFile(cut, text.slice(0, text.length / 2));
  await expect(readResults(cut)).rejects.toThrow(/cut.json: expected a results file .* only a part of it/);
  await expect(readResults(join(folder, "none.json"))).rejects.toThrow(/none.json does not exist/);
  await expect(readResults(folder)).rejects.toThrow(/is a folder, expected a file/);
});

test("writes nothing at all of results that break the schema", async () => {
  const path = join(folder, "fresh", "broken.json");
  const broken = { ...someResults(), durationMs: Number.NaN };
  await expect(writeResults(path, broken)).rejects.toThrow(/durationMs/);
  await expect(readFile(path)).rejects.toThrow(/ENOENT/);
});

test("refuses a path that cannot become a file before anything is measured", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  await expect(prepareResults(join(file, "x.json"))).rejects.toThrow(/file is not a folder/);
  await expect(prepareResults(folder)).rejects.toThrow(/is a folder, expected a file/);
});

test("takes the place of nothing that is no file, such as a device or a pipe", async () => {
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  await expect(writeResults(fifo, someResults())).rejects.toThrow(/is a device or a pipe, expected a file/);
  expect((await stat(fifo)).isFIFO()).toBe(true);
});
