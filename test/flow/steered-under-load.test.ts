import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDuration } from "#lb/core/duration";
import { template } from "../references/servers.ts";
import { Database } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";
import { start } from "../support/process.ts";
import { SteeredProcess } from "../support/steered-process.ts";
import { calls } from "../support/under-load/calls.ts";
import { Deeds } from "../support/under-load/deeds.ts";
import { busyGauges, copyStates, descriptors, foundAt, residentBytes } from "../support/under-load/found.ts";
import { Happened } from "../support/under-load/happened.ts";
import { judged } from "../support/under-load/judge.ts";
import { Operator } from "../support/under-load/operator.ts";
import { Promises } from "../support/under-load/promises.ts";
import { Visits } from "../support/under-load/visits.ts";

const MIB = 1024 * 1024;
/** How long it is to last: LB_SOAK=60s. */
const { LB_SOAK } = process.env;
const LASTS_MS = LB_SOAK === undefined ? 5_000 : parseDuration(LB_SOAK);
const PER_SEC = 200;
const STAYERS = 10;
const OPERATORS = 3;
const CALL_EVERY_MS = 50;
/** A process goes on growing for its first minute: less than two of them tell little. */
const MOST_GROWTH_BYTES = (LASTS_MS < 120_000 ? 160 : 32) * MIB;
/** A thousand in a minute. */
const LEAST_CALLS = LASTS_MS / 60;

let database: Database;

beforeAll(async () => {
  database = await Database.start();
});
afterAll(() => database[Symbol.asyncDispose]());

test(
  "steered without a pause while servers, copies and the store break, it fails no client and forgets no change",
  async () => {
    await using servers = start("servers/web.js", "127.0.0.1", "0", "--count", "4");
    await eventually(() => expect(servers.stdout.match(/listening/g)).toHaveLength(4));
    const [spare, ...addresses] = [...servers.stdout.matchAll(/listening on (\S+)/g)].map(
      ([, at]) => at as string,
    );
    const config = configOf(addresses, await database.fresh());
    await using lb = await SteeredProcess.start(config);
    await eventually(() => expect(lb.balancer.stdout.match(/"msg":"copy up"/g)).toHaveLength(2));
    const { pid } = lb.balancer;
    const openAtFirst = descriptors(pid);
    const desk = { lb, promises: new Promises(), happened: new Happened(), spare: spare as string };
    const visits = new Visits(lb.balancer.endpoint);
    const deeds = new Deeds(desk, config, database);

    visits.start(PER_SEC, STAYERS);
    const operators = Array.from({ length: OPERATORS }, (_, at) => new Operator(at + 1, desk));
    const over = performance.now() + LASTS_MS;
    const [resident] = await Promise.all([
      memory(pid, over),
      deeds.spread(LASTS_MS),
      ...operators.map((operator) => work(operator, over)),
    ]);
    const made = await visits.stop();

    expect([...operators, deeds.operator].flatMap(({ wrong }) => wrong)).toEqual([]);
    await eventually(async () => expect(await busyGauges(lb)).toEqual([]));
    expect(desk.promises.broken(await foundAt(lb, "web"))).toEqual([]);
    await eventually(async () => expect(await copyStates(lb)).toEqual(["up", "up"]));
    await eventually(() => expect(descriptors(pid)).toBeLessThanOrEqual(openAtFirst));
    const { wrong, endings } = judged(made, lb.balancer.records, desk.happened);
    if (LB_SOAK !== undefined)
      console.log({ endings, calls: operators.map(({ calls }) => calls), resident: resident.map(inMib) });
    expect(wrong).toEqual([]);
    expect(operators.reduce((sum, { calls }) => sum + calls, 0)).toBeGreaterThan(LEAST_CALLS);
    expect(made.length).toBeGreaterThan((PER_SEC * LASTS_MS) / 1_000 - PER_SEC);
    // What is resident also holds what was freed and not given back: it only tells in a long run.
    const settledBytes = Math.max(...resident.slice(0, resident.length / 2));
    if (LB_SOAK !== undefined) expect(resident.at(-1)).toBeLessThan(settledBytes + MOST_GROWTH_BYTES);
    expect(complaints(lb.balancer.stdout)).toEqual([]);
    const reloaded = /"msg":"(?:reloaded|reload overtaken by a later one)"/g;
    await eventually(() => expect(lb.balancer.stdout.match(reloaded)).toHaveLength(5));

    // What was answered is durable: the end needs no order.
    lb.balancer.signal("SIGKILL");
    expect(await lb.balancer.exit()).toMatchObject({ signal: "SIGKILL", stderr: "" });
    await using again = await SteeredProcess.start(config);
    expect(desk.promises.broken(await foundAt(again, "web"))).toEqual([]);
    expect(await again.stop()).toBe(0);
    expect(complaints(again.balancer.stdout)).toEqual([]);
  },
  300_000 + 5 * LASTS_MS,
);

function configOf(addresses: readonly string[], url: string) {
  const backends = addresses.map((address, at) => ({ name: "abc"[at], address }));
  return {
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "web", refuse: "http", rateLimit: true }],
    pools: { web: { health: { probe: "http", path: "/health", interval: "200ms" }, backends } },
    clients: { default: { capacity: 1_000_000, ratePerSec: 1_000_000 } },
    servers: {
      web: template("web.js", "web", "31700-31749", { count: 2, grace: "1s", aliases: ["another:server"] }),
    },
    store: { kind: "postgres", url, node: "one" },
    admin: { listen: "127.0.0.1:0" },
  };
}

/** Calls of every kind, one after the other, and at least once each. */
async function work(operator: Operator, over: number): Promise<void> {
  for (let nth = 0; performance.now() < over || nth < calls.length; nth += 1) {
    await calls[nth % calls.length]?.(operator, Math.floor(nth / calls.length));
    await delay(CALL_EVERY_MS);
  }
}

const inMib = (bytes: number) => Math.round(bytes / MIB);

/** What of the process is in memory, each second. */
async function memory(pid: number, over: number): Promise<readonly number[]> {
  const bytes: number[] = [];
  while (performance.now() < over) {
    bytes.push(residentBytes(pid));
    await delay(1_000);
  }
  return bytes;
}

/** Lines of the log that speak of a defect, or of trouble that was none of ours. */
function complaints(log: string): string[] {
  const loud = log.split("\n").filter((line) => /^\{"level":"(?:error|fatal)"/.test(line));
  return loud.filter((line) => !line.includes('"msg":"store down, traffic and limits go on from memory"'));
}
