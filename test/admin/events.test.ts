import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Events } from "#lb/admin/events";
import type { Status } from "#lb/control/status";
import { ManualClock } from "../support/manual-clock.ts";
import { NotedLog } from "../support/noted-log.ts";
import { dialPeer } from "../support/peer.ts";

const LARGE = { listeners: [], pools: [], more: "x".repeat(900_000) } as Status;

test("a reader that does not read is closed above 1 MiB unsent; one that reads goes on, and one look serves both", async () => {
  const clock = new ManualClock();
  let looks = 0;
  const status = async () => {
    looks += 1;
    return LARGE;
  };
  const events = new Events({ clock, status, log: new NotedLog() });
  const server = createServer((_, response) => events.join(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const readers = await Promise.all([0, 1].map(() => dialPeer({ kind: "tcp", host: "127.0.0.1", port })));
  const [stalled, reading] = readers as [(typeof readers)[0], (typeof readers)[0]];
  stalled.stall();
  for (const reader of readers) reader.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (let told = 1; told <= 20; told++) {
    await reading.bytes(told * 900_000);
    await clock.run(1_000);
  }
  stalled.listen();
  expect(await stalled.outcome()).toBeDefined();
  expect(stalled.length).toBeLessThan(19 * 900_000);
  expect(looks).toBeLessThanOrEqual(22);
  events.close();
  server.close();
  await reading.outcome();
  const after = looks;
  await clock.run(5_000);
  expect(looks).toBeLessThanOrEqual(after + 1);
});
