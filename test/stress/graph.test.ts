import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeResults } from "../../stress/results.ts";
import { CommandProcess } from "../support/process.ts";
import { type Made, syntheticResults } from "../support/synthetic-results.ts";

const PICTURES = ["comparison.png", "distribution.png", "share.png", "throughput.png", "timeline.png"];
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

// Five large pictures take a busy machine a while.
const PATIENCE_MS = 19_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lb-graph-"));
});
afterEach(() => rm(folder, { recursive: true }));

const graph = (...args: string[]) =>
  new CommandProcess("stress/graph.js", args, { cwd: folder }).exit(PATIENCE_MS);
const put = (path: string, made?: Made) => writeResults(join(folder, path), syntheticResults(made));

test("draws the three runs of the demo where no file is named", async () => {
  for (const name of ["Baseline", "RoundRobin", "LeastConnections"]) await put(`data/${name}.json`, { name });
  const { code, stdout } = await graph();
  expect(code).toBe(0);
  expect(stdout.trim().split("\n").sort()).toEqual(PICTURES.map((picture) => join("data", picture)));
  for (const picture of PICTURES) {
    const png = await readFile(join(folder, "data", picture));
    expect(png.subarray(0, 8)).toEqual(PNG);
    expect(png.readUInt32BE(16)).toBe(2_240);
  }
});

test("draws any runs into any folder, also one without a single answer", async () => {
  await put("one.json", { failedShare: 1, requestsPerRepeat: 20, changes: { status: "aborted" } });
  await put("two.json", { requestsPerRepeat: 20, repeats: 1 });
  const { code, stderr } = await graph("one.json", "two.json", "--out", "charts");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^graph: one\.json has no answered request: .*\n$/);
  expect((await readdir(join(folder, "charts"))).sort()).toEqual(PICTURES);
});

test("draws names of any script, and says which characters of which run no font has", async () => {
  for (const name of ["基线", "ラウンドロビン", "خط الأساس", "🚀"]) await put(`${name}.json`);
  const drawn = await graph(
    "基线.json",
    "ラウンドロビン.json",
    "خط الأساس.json",
    "🚀.json",
    "--out",
    "charts",
  );
  expect([drawn.code, drawn.stderr]).toEqual([0, ""]);
  await put("a\u{1fffe}.json");
  const { code, stderr } = await graph("基线.json", "a\u{1fffe}.json", "--out", "charts");
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^graph: a\u{1fffe}\.json has characters that no font here has: \u{1fffe} \(U\+1FFFE\); .*\n$/u,
  );
});

test("the same file twice is wrong usage", async () => {
  await put("one.json");
  const { code, stderr } = await graph("one.json", "./one.json", "--out", "charts");
  expect(code).toBe(2);
  expect(stderr).toMatch(/^graph: expected different files, got \.\/one\.json twice/);
  expect(existsSync(join(folder, "charts"))).toBe(false);
});

describe("one line, exit 1 and nothing written for", () => {
  test.each([
    ["a missing file", undefined, /missing|does not exist/],
    ["half a file", '{"schema":"lb-stress/1","name":', /got no JSON or only a part/],
    ["a foreign file", '{"hello":1}', /not a results file/],
  ])("%s", async (_what, text, expected) => {
    await put("good.json");
    if (text !== undefined) await writeFile(join(folder, "other.json"), text);
    const { code, stderr } = await graph("good.json", "other.json", "--out", "charts");
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(folder, "charts"))).toBe(false);
  });

  test("a folder in a folder that does not exist", async () => {
    await put("good.json");
    const { code, stderr } = await graph("good.json", "--out", "no/such");
    expect(code).toBe(1);
    expect(stderr).toBe("graph: no does not exist\n");
    expect(existsSync(join(folder, "no"))).toBe(false);
  });

  test("a folder that is a file", async () => {
    await put("good.json");
    const { code, stderr } = await graph("good.json", "--out", "good.json");
    expect(code).toBe(1);
    expect(stderr).toBe("graph: good.json is not a folder\n");
  });
});
