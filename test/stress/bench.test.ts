import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { verdicts } from "../../stress/bench/bounds.ts";
import { cpuNs, residentKib } from "../../stress/bench/cost.ts";
import { type Finding, findings } from "../../stress/bench/findings.ts";
import { haproxy } from "../../stress/bench/haproxy.ts";
import { measures } from "../../stress/bench/measures.ts";
import { nginx } from "../../stress/bench/nginx.ts";
import type { BenchResults } from "../../stress/bench/results.ts";
import type { Cell, Plan } from "../../stress/bench/rounds.ts";
import { subjects } from "../../stress/bench/subjects.ts";
import { tables } from "../../stress/bench/tables.ts";
import { eventually } from "../support/eventually.ts";
import { CommandProcess, run } from "../support/process.ts";
import { childrenOf, runs } from "../support/processes.ts";
import { installed, needing } from "../support/program.ts";

// A few seconds, on a machine that does nothing else.
const RUN_WITHIN_MS = 60_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bench-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("what was found", () => {
  test("is the median of the samples, and the median of the ratios taken turn by turn", () => {
    const found = findings([
      ...cells("lb", "message", [20, 30, 80]),
      ...cells("pipe", "message", [10, 30, 20]),
      ...cells("direct", "message", [0, 0, 0]),
    ]);
    expect(found[0]).toMatchObject({ median: 30, min: 20, max: 80, samples: [20, 30, 80] });
    expect(found[0]?.ratioTo).toEqual({ pipe: 2, haproxy: null });
    expect(found[2]?.ratioTo.pipe).toBeNull();
  });

  test("of an even number of samples is the mean of the two in the middle", () => {
    expect(findings(cells("lb", "idle", [4, 1, 2, 3]))[0]?.median).toBe(2.5);
  });
});

describe("a bound", () => {
  test("is held up to its number, and missed above it", () => {
    const found = (ratio: number, idleKib: number): Finding[] => [
      finding("pipe", "message", 10, 1),
      finding("lb", "message", 10 * ratio, ratio),
      finding("lb", "idle", idleKib, null),
    ];
    expect(verdicts(found(1.15, 24)).map(({ held }) => held)).toEqual([true, true]);
    expect(verdicts(found(1.16, 24.1)).map(({ held }) => held)).toEqual([false, false]);
  });

  test("has no verdict where its ratio has no base", () => {
    expect(verdicts([finding("lb", "message", 12, null)])).toEqual([]);
  });

  test("may be against any row of the same turns", () => {
    const found = verdicts([
      finding("lb-unwatched", "paced", 200, null),
      finding("lb-watched", "paced", 220, null),
    ]);
    expect(found).toMatchObject([{ against: "lb-unwatched", found: 1.1, held: false }]);
  });

  test("that was not measured fails --check", async () => {
    const { code, stderr } = await bench("message", "--subjects", "direct", "--check");
    expect(stderr).toMatch(/^bench: not every bound was measured/);
    expect(code).toBe(1);
  });
});

test("the table has a row for a subject that is not installed, which says how to install it", () => {
  const plan: Plan = {
    subjects: subjects.filter(({ name }) => name === "pipe" || name === "nginx"),
    measures: measures.filter(({ name }) => name === "message"),
    absent: new Map([["nginx", "not installed; apt-get install nginx"]]),
    rounds: 1,
    samples: 1,
  };
  const [, , header, pipe, absent] = tables(plan, [finding("pipe", "message", 17.25, 1)], []).split("\n");
  expect(header).toMatch(/ µs\/message$/);
  expect(pipe).toMatch(/^pipe .*17\.3 1\.00p$/);
  expect(pipe?.length).toBe(header?.length);
  expect(absent).toBe("nginx  not installed; apt-get install nginx");
});

describe("the cost of a process", () => {
  test("is the CPU time that the process itself counts, of all its threads", () => {
    const before = { ns: cpuNs(process.pid), usage: process.cpuUsage() };
    let used = before.usage;
    do used = process.cpuUsage(before.usage);
    while (used.user + used.system < 100_000);
    const ratio = (cpuNs(process.pid) - before.ns) / 1_000 / (used.user + used.system);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
  });

  test("is the memory that the process itself counts", () => {
    const ratio = (residentKib(process.pid) * 1_024) / process.memoryUsage.rss();
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
  });
});

describe.skipIf(process.platform !== "linux")("the command", () => {
  const proxies = [haproxy, nginx].filter(({ absent }) => absent() === undefined).map(({ name }) => name);

  test(
    `measures direct, pipe, lb ${proxies.join(" ")} and keeps the numbers`,
    async () => {
      const names = ["direct", "pipe", "lb", ...proxies];
      const { code, stdout, stderr } = await bench("message", "--subjects", names.join());
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const { schema, findings, bounds } = JSON.parse(
        readFileSync(join(folder, "b.json"), "utf8"),
      ) as BenchResults;
      expect(schema).toBe("lb-bench/1");
      expect(findings.map(({ subject }) => subject)).toEqual(names);
      for (const { subject, median, wallUs } of findings) {
        expect(median > 0, subject).toBe(subject !== "direct");
        expect(wallUs).toBeGreaterThan(0);
      }
      expect(bounds).toHaveLength(1);
      expect(stdout).toMatch(/^(held|missed) +lb message: /m);
      expect(leftovers()).toEqual(["b.json"]);
    },
    RUN_WITHIN_MS,
  );

  test("measures how long a message takes, also of a row that is read live", async () => {
    const { code, stderr } = await bench("latency", "--subjects", "lb-watched");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { findings } = JSON.parse(readFileSync(join(folder, "b.json"), "utf8")) as BenchResults;
    expect(findings).toMatchObject([{ subject: "lb-watched", measure: "latency" }]);
    expect(findings[0]?.min).toBeGreaterThan(0);
  });

  test("measures what it costs that all backends fail, of the rows that can", async () => {
    const names = ["pipe", "lb-round-robin-10", "lb-round-robin-100"];
    const { code, stdout, stderr } = await bench("failing", "--subjects", names.join());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { findings } = JSON.parse(readFileSync(join(folder, "b.json"), "utf8")) as BenchResults;
    // So few fail within one read of the log, where the machine is busy, and the cost between its lines is then 0.
    expect(findings.map(({ subject, median }) => [subject, median >= 0])).toEqual([
      ["lb-round-robin-10", true],
      ["lb-round-robin-100", true],
    ]);
    expect(stdout).toMatch(/^pipe$/m);
  });

  test("interrupted, leaves no process, no folder and no file, and exits 130", async () => {
    await using command = forEver();
    const started = await startedBy(command);
    command.signal("SIGINT");
    expect(await command.exit()).toMatchObject({ code: 130, stdout: "", stderr: "" });
    expect(started.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  const setpriv = installed("setpriv");
  test.skipIf(setpriv === undefined)(needing("killed, leaves no process", { setpriv }), async () => {
    await using command = forEver();
    const started = await startedBy(command);
    command.signal("SIGKILL");
    await eventually(() => expect(started.filter(runs)).toEqual([]));
  });

  test.each([
    ["--subjects", "squid", 'bench: --subjects: expected names out of direct,pipe,.*, got "squid"'],
    [
      "--measures",
      "joy",
      'bench: --measures: expected names out of message,connection,bulk,idle,paced,latency,failing,reload,unchanged, got "joy"',
    ],
    ["--rounds", "0", 'bench: --rounds: expected a whole number from 1 to 100, got "0"'],
  ])("refuses %s %s in one line", async (option, value, line) => {
    const { code, stderr } = await run("stress/bench.js", option, value);
    expect(stderr).toMatch(new RegExp(`^${line} \\(.* --help tells more\\)\n$`));
    expect(code).toBe(2);
  });
});

/** The command on a share of one measure, with its files in this test's folder. */
async function bench(measure: string, ...args: string[]) {
  await using command = commandOf(measure, "--rounds", "1", "--out", join(folder, "b.json"), ...args);
  return await command.exit(RUN_WITHIN_MS);
}

/** The command at work for longer than any test. */
const forEver = () => commandOf("message", "--subjects", "pipe", "--rounds", "100");

function commandOf(measure: string, ...args: string[]): CommandProcess {
  const launch = { cwd: folder, env: { TMPDIR: folder } };
  return new CommandProcess("stress/bench.js", ["--quick", "--measures", measure, ...args], launch);
}

/** The processes of the load, the backend and one proxy, once they run. */
function startedBy({ pid }: CommandProcess): Promise<number[]> {
  return vi.waitUntil(() => three(childrenOf(pid)), { timeout: 50_000, interval: 5 });
}

const leftovers = () => readdirSync(folder);
const three = (pids: number[]) => (pids.length === 3 ? pids : undefined);

function cells(subject: string, measure: string, costs: number[]): Cell[] {
  return costs.map((cost, turn) => ({ turn, subject, measure, sample: { cost, wallUs: 1 } }));
}

function finding(subject: string, measure: string, median: number, pipe: number | null): Finding {
  const ratioTo = { pipe, haproxy: null };
  return {
    subject,
    measure,
    median,
    quartiles: [median, median],
    min: median,
    max: median,
    ratioTo,
    wallUs: 1,
    samples: [median],
  };
}
