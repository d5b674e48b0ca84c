import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chartFiles } from "../../stress/charts/index.ts";
import { readResults } from "../../stress/results.ts";
import { CommandProcess } from "../support/process.ts";
import { childrenOf, runs } from "../support/processes.ts";

// Five large pictures take a busy machine a while.
const PATIENCE_MS = 30_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lb-compare-"));
});
afterEach(() => rm(folder, { recursive: true }));

const compare = (...args: string[]) =>
  new CommandProcess("stress/compare.js", [...args, "--out", "results"], { cwd: folder });

/** An experiment that would take minutes, with its four servers and balancers running. */
async function underWay() {
  const process = compare("--algorithms", "random", "--requests", "5000", "--clients", "10");
  const children = await vi.waitFor(
    () => {
      const found = childrenOf(process.pid);
      expect(found).toHaveLength(4);
      return found;
    },
    { timeout: 50_000, interval: 50 },
  );
  return { process, children };
}

test("measures each algorithm as often as asked, keeps results and charts, and says what they mean", {
  timeout: 2 * PATIENCE_MS,
}, async () => {
  const args = ["--algorithms", "round-robin,peak-ewma", "--latency", "1ms", "--clients", "4"];
  await using process = compare(...args, "--requests", "10", "--repeats", "2");
  const { code, stdout, stderr } = await process.exit(PATIENCE_MS);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });

  const names = ["Baseline", "RoundRobin", "PeakEwma"];
  const files = [...names.map((name) => `${name}.json`), ...chartFiles];
  expect((await readdir(join(folder, "results"))).sort()).toEqual(files.sort());
  for (const name of names) {
    const results = await readResults(join(folder, "results", `${name}.json`));
    expect(results).toMatchObject({ name, counts: { planned: 80, ok: 80 }, plan: { repeats: 2 } });
    expect(results.scenario).toContain("slow-3 answers in 5 ms, the others in 1 ms");
    expect(results.samples.run.filter((repeat) => repeat === 1)).toHaveLength(40);
    expect(results.perServer.map(({ server }) => server)).toEqual(
      name === "Baseline" ? ["fast-1"] : expect.arrayContaining(["fast-1", "fast-2"]),
    );
  }
  for (const name of names) expect(stdout).toMatch(new RegExp(`^${name}( \\(INVALID\\))? +80 +0 `, "m"));
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/RoundRobin|PeakEwma/);
});

test("keeps results and charts where nobody reads what it says", { timeout: 2 * PATIENCE_MS }, async () => {
  await using process = compare(
    "--algorithms",
    "random",
    "--clients",
    "2",
    "--requests",
    "2",
    "--repeats",
    "1",
  );
  process.leaveOutput();
  expect(await process.exit(PATIENCE_MS)).toMatchObject({ code: 0, stderr: "" });
  const files = ["Baseline.json", "Random.json", ...chartFiles];
  expect((await readdir(join(folder, "results"))).sort()).toEqual(files.sort());
});

describe("nothing is left running", () => {
  test.each([
    ["Ctrl-C", "SIGINT"],
    ["Ctrl-\\", "SIGQUIT"],
    ["its terminal closed", "SIGHUP"],
  ] as const)("after %s, which is 130 and writes nothing", async (_how, signal) => {
    const { process, children } = await underWay();
    await using _ = process;
    process.signal(signal);
    const { code, stderr } = await process.exit();
    expect({ code, stderr }).toEqual({ code: 130, stderr: "compare: interrupted; nothing was written\n" });
    expect(children.filter(runs)).toEqual([]);
    expect(existsSync(join(folder, "results"))).toBe(false);
  });

  test("after it was killed, and could end nobody", async () => {
    const { process, children } = await underWay();
    await using _ = process;
    process.signal("SIGKILL");
    expect(await process.exit()).toMatchObject({ code: null, signal: "SIGKILL" });
    await vi.waitFor(() => expect(children.filter(runs)).toEqual([]), { timeout: 50_000 });
  });

  test("when one of them dies, which is one line and 1", async () => {
    const { process, children } = await underWay();
    await using _ = process;
    globalThis.process.kill(children[0] as number, "SIGKILL");
    const { code, stderr } = await process.exit();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^compare: (test server|the balancer) .*ended before its time \(SIGKILL\)\n$/);
    expect(children.filter(runs)).toEqual([]);
  });
});

describe("is wrong usage, said in a line:", () => {
  test.each([
    [
      "an algorithm that does not exist",
      ["--algorithms", "fastest"],
      /^compare: algorithm: expected one of round-robin, .*, got "fastest"/,
    ],
    ["one algorithm twice", ["--algorithms", "p2c,p2c"], /expected different algorithms/],
    [
      "a server that is faster than fast",
      ["--slow", "0.5"],
      /--slow: expected a number from 1 to 100, got "0.5"/,
    ],
    ["more than fits", ["--clients", "1000", "--requests", "100000"], /expected at most 2000000 requests/],
  ])("%s", async (_what, args, expected) => {
    await using process = compare(...args);
    const { code, stderr } = await process.exit();
    expect(code).toBe(2);
    expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(folder)).toEqual([]);
  });
});
