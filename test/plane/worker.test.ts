import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { Failure } from "#lb/command/failure";
import type { Report } from "#lb/contract/report";
import type { Snapshot } from "#lb/contract/snapshot";
import { type Endpoint, parseEndpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";
import { PlaneThread } from "#lb/plane/start";
import type { Beginning } from "#lb/plane/thread";
import { beginIn, WorkerPlane } from "#lb/plane/worker";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { plainListener, plainPool } from "../support/lab.ts";
import { start } from "../support/process.ts";
import { transportNames } from "../support/transport.ts";
import { describePlane, type OpenPlane } from "./contract.ts";

const EMPTY: Snapshot = { listeners: [], pools: [], clients: { default: undefined, list: [] } };

/** Records that may be under way. */
const MOST_RECORDS = 8_192;

// Without an engine there is no such thread.
const here = transportNames.includes("epoll") ? (["native", "sockets"] as const) : [];

for (const byDefault of here)
  describePlane(`a plane in a thread of its own, by ${byDefault}`, async (): Promise<OpenPlane> => {
    const { plane } = await opened(byDefault);
    return { plane, inTime: (work) => work, [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose]() };
  });

describe.each(here)("a plane in a thread of its own, by %s,", (byDefault) => {
  test("serves while the thread that steers it is stuck, which hears later what happened", async () => {
    await using server = start("servers/echo.js", "127.0.0.1", "0");
    const [, address] = await server.line(/listening on (\S+)/);
    const { plane, reports, endpoint } = await serving(byDefault, parseEndpoint(address as string));
    await using _plane = plane;
    visit(endpoint, 200);
    await eventually(() => expect(reports).toHaveLength(200));
    expect((await plane.totals()).listeners).toMatchObject([{ sessions: 200, endings: { done: 200 } }]);
  });

  test("whose reports find no room says how many were lost, and serves on", async () => {
    const { plane, reports, endpoint } = await serving(byDefault);
    await using _plane = plane;
    // More than what may be under way and what a batch waits for.
    const sessions = MOST_RECORDS + 700;
    visit(endpoint, sessions);
    expect((await plane.totals()).listeners).toMatchObject([{ sessions }]);
    const told = (wanted: Report["kind"]) => reports.filter(({ kind }) => kind === wanted);
    await eventually(() => {
      const lost = sessions - told("session").length;
      expect(told("dropped")).toEqual([{ kind: "dropped", sessions: lost, others: 0 }]);
    });
    const records = told("session").length;
    expect(records).toBeGreaterThanOrEqual(MOST_RECORDS);
    visit(endpoint, 1);
    await eventually(() => expect(told("session")).toHaveLength(records + 1));
  });

  test("that throws says what it was, and every call says that it has ended", async () => {
    const { plane, thread, died } = await opened(byDefault);
    // No plane sends this.
    thread.postMessage({ kind: "more", number: 99 });
    const waiting = plane.totals();
    expect(await died).toBeInstanceOf(TypeError);
    await expect(waiting).rejects.toThrow(/^the data plane has ended: .*undefined/);
    await expect(plane.apply(EMPTY)).rejects.toBeInstanceOf(Failure);
  });

  test("does not begin where its thread has ended", async () => {
    const thread = new PlaneThread();
    await thread.terminate();
    await expect(opened(byDefault, thread)).rejects.toThrow("the data plane's thread ended before it began");
    const ending = new PlaneThread();
    const begun = opened(byDefault, ending);
    await Promise.all([
      expect(begun).rejects.toThrow("the data plane's thread ended with code"),
      ending.terminate(),
    ]);
  });

  test("whose thread ends says so", async () => {
    const { plane, thread, died } = await opened(byDefault);
    await thread.terminate();
    expect((await died).message).toBe("its thread ended with code 1");
    await expect(plane.totals()).rejects.toThrow("the data plane has ended: its thread ended with code 1");
  });

  test("that has no memory left says so", async () => {
    const thread = new PlaneThread({ maxOldGenerationSizeMb: 32 });
    const { plane, died } = await opened(byDefault, thread);
    const list = Array.from({ length: 200_000 }, (_, n) => ({
      id: `client ${n}`,
      addresses: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
      capacity: 5,
      ratePerSec: 1,
    }));
    const applied = plane.apply({ ...EMPTY, clients: { default: undefined, list } });
    expect(await died).toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" });
    await expect(applied).rejects.toThrow("memory limit");
  });

  test("that is disposed of has not died", async () => {
    const { plane, died } = await opened(byDefault);
    await plane[Symbol.asyncDispose]();
    expect(await Promise.race([died, "lives"])).toBe("lives");
    await expect(plane.totals()).rejects.toThrow("the data plane has ended");
  });

  test("answers after its close", async () => {
    const { plane } = await opened(byDefault);
    await using _plane = plane;
    await plane.close({ graceMs: 0 });
    expect(await plane.clients()).toEqual([]);
  });
});

async function opened(byDefault: Beginning["byDefault"], thread = new PlaneThread()) {
  const died = new Deferred<Error>();
  await beginIn(thread, { engine: "native", byDefault, maxSessions: Infinity });
  const plane = new WorkerPlane(thread, died.resolve);
  return { plane, thread, died: died.promise };
}

/** A plane with one listener before these backends, and all that it reports. */
async function serving(byDefault: Beginning["byDefault"], ...servers: readonly Endpoint[]) {
  const { plane } = await opened(byDefault);
  const reports: Report[] = [];
  plane.subscribe((batch) => void reports.push(...batch), { records: true });
  const backends = servers.map((endpoint) => ({ ...plainBackend, name: "a", endpoint }));
  const snapshot = { ...EMPTY, listeners: [plainListener], pools: [{ ...plainPool, backends }] };
  const { listeners } = await plane.apply(snapshot);
  return { plane, reports, endpoint: listeners[0]?.endpoint as Endpoint };
}

const CLIENT = `
  const { connect } = require("node:net");
  const [host, port, sessions] = process.argv.slice(1);
  let left = Number(sessions);
  let open = 0;
  const next = () => {
    // The last ones come one behind the other: by then all before them are over on the other side, too.
    if (left === 0 || (left <= 100 && open > 0)) return;
    left -= 1;
    open += 1;
    const socket = connect(Number(port), host, () => socket.write("hello\\n"));
    socket.once("data", () => socket.end());
    // A client that is refused may learn it by a reset, but each has to come.
    socket.on("error", (error) => {
      if (error.syscall === "connect") throw error;
    });
    socket.once("close", () => {
      open -= 1;
      next();
    });
  };
  for (let n = 0; n < 50; n++) next();
`;

/** So many sessions, of one line each where a backend answers; this thread waits for the process that has them, and does nothing else. */
function visit(endpoint: Endpoint, sessions: number): void {
  if (endpoint.kind === "unix") throw new Error("expected a port");
  const args = ["-e", CLIENT, endpoint.host, String(endpoint.port), String(sessions)];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}
