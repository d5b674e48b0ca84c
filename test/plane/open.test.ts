import { once } from "node:events";
import { beforeAll, expect, test, vi } from "vitest";
import { Failure } from "#lb/command/failure";
import type { Snapshot } from "#lb/contract/snapshot";
import { systemClock } from "#lb/core/clock";
import { systemDice } from "#lb/core/dice";
import type { ListenerTransport, TransportName } from "#lb/core/transport-names";
import { LocalPlane } from "#lb/plane/local";
import { openPlane } from "#lb/plane/open";
import { PlaneThread } from "#lb/plane/start";
import { WorkerPlane } from "#lb/plane/worker";
import { enginesHere } from "../support/engines.ts";
import { plainListener, plainPool } from "../support/lab.ts";
import { transportNames, transports } from "../support/transport.ts";

// A run of all tests by one transport says which; here `auto` is the machine's own.
beforeAll(() => void vi.stubEnv("LB_TRANSPORT", undefined));

/** What `native` is here. */
const best = enginesHere[0] ?? "sockets";
const hasEngine = transportNames.includes("epoll");

test.skipIf(!hasEngine).each<[TransportName, ListenerTransport, string]>([
  ["epoll", "auto", "epoll"],
  ["native", "sockets", best],
  ["auto", "auto", best],
  ["sockets", "native", "sockets"],
])(
  "transport: %s with a listener that wants %s is a thread of its own, by %s",
  async (wanted, ofListener, by) => {
    const opened = await open(wanted, ofListener);
    await using plane = opened.plane as WorkerPlane;
    expect(plane).toBeInstanceOf(WorkerPlane);
    expect([opened.transport, opened.engine]).toEqual([by, by === "sockets" ? best : by]);
    const refused = wanted === "epoll" || best === "io_uring" ? [] : ["io_uring"];
    expect(opened.refused.map(({ name }) => name)).toEqual(refused);
    const { listeners } = await plane.apply(snapshotOf(ofListener));
    expect(listeners).toHaveLength(1);
  },
);

test("transport: sockets is a plane in this thread, for which a thread was started in vain", async () => {
  const thread = new PlaneThread();
  const ended = once(thread, "exit");
  const { plane, transport } = await open("sockets", "auto", thread);
  expect([plane instanceof LocalPlane, transport]).toEqual([true, "sockets"]);
  await ended;
  await plane.apply(snapshotOf("sockets"));
  const { listeners } = await plane.apply(snapshotOf("auto"));
  expect(listeners).toHaveLength(1);
  await plane.close({ graceMs: 0 });
});

test("a plane that began on sockets alone refuses a listener that wants an engine, new or not, and changes nothing", async () => {
  const { plane } = await open("sockets", "sockets");
  const words = "transport: native is for the next start, as this balancer began without an engine";
  const refused = { message: words, listener: "main" };
  const first = plane.apply(snapshotOf("native"));
  await expect(first).rejects.toBeInstanceOf(Failure);
  await expect(first).rejects.toMatchObject(refused);
  const { listeners } = await plane.apply(snapshotOf("auto"));
  await expect(plane.apply(snapshotOf("native"))).rejects.toMatchObject(refused);
  expect((await plane.totals()).listeners).toMatchObject([
    { endpoint: listeners[0]?.endpoint, leaving: false },
  ]);
  await plane.close({ graceMs: 0 });
});

function open(wanted: TransportName, ofListener: ListenerTransport, thread?: PlaneThread) {
  return openPlane({
    wanted,
    ofListeners: [ofListener],
    thread,
    sockets: transports.sockets(systemClock),
    clock: systemClock,
    dice: systemDice,
    maxSessions: Infinity,
    died: (error) => {
      throw error;
    },
  });
}

function snapshotOf(transport: ListenerTransport): Snapshot {
  const listeners = [{ ...plainListener, transport }];
  return { listeners, pools: [plainPool], clients: { default: undefined, list: [] } };
}
