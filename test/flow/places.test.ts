import { expect, test } from "vitest";
import type { Report } from "#lb/contract/report";
import type { Snapshot } from "#lb/contract/snapshot";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { LocalPlane } from "#lb/plane/local";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { plainListener, plainPool } from "../support/lab.ts";
import { backend, dialPeer } from "../support/peer.ts";
import { testTransport } from "../support/transport.ts";

test("all listeners together let in no more sessions than there are files for, and a place is anybody's again", async () => {
  await using server = await backend();
  const transport = testTransport(systemClock);
  const parts = { transport: () => transport, clock: systemClock, dice: seededDice(1) };
  const plane = new LocalPlane({ ...parts, maxSessions: 3 });
  const endings: string[] = [];
  const note = (batch: readonly Report[]) => {
    for (const report of batch) if (report.kind === "session") endings.push(report.record.ending);
  };
  plane.subscribe(note, { records: true });
  const { listeners } = await plane.apply(twoListeners(server.endpoint));
  const [one, other] = listeners.map(({ endpoint }) => endpoint) as [Endpoint, Endpoint];
  const first = await dialPeer(one);
  for (const endpoint of [one, other]) (await dialPeer(endpoint)).send("x");
  for (let served = 0; served < 3; served++) await server.next();
  for (const endpoint of [one, other]) {
    const late = await dialPeer(endpoint);
    expect(await late.outcome()).toBe("end");
    expect(late.text).toBe("ERR listener-full\n");
    late.finish();
  }
  first.reset();
  await eventually(() => expect(endings).toContain("client-reset"));
  (await dialPeer(other)).send("x");
  await server.next();
  await plane.close({ graceMs: 0 });
  expect(endings.filter((ending) => ending === "listener-full")).toHaveLength(2);
});

function twoListeners(endpoint: Endpoint): Snapshot {
  const listeners = ["one", "other"].map((name) => ({ ...plainListener, name, refuse: "line" as const }));
  const pool = { ...plainPool, backends: [{ ...plainBackend, name: "a", endpoint }] };
  return { listeners, pools: [pool], clients: { default: undefined, list: [] } };
}
