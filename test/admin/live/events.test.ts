import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Events } from "#lb/admin/live/events";
import type { Status } from "#lb/control/status";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { NotedLog } from "../../support/noted-log.ts";
import { dialPeer, type Peer } from "../../support/peer.ts";
import { adminFile, administered, ownFolder } from "../administered.ts";

/** Events of statuses that a test makes up, over real HTTP. */
async function told(status: () => Status) {
  const clock = new ManualClock();
  const events = new Events({
    clock,
    log: new NotedLog(),
    moments: { after: () => [] },
    news: { after: () => [] },
    status: async () => status(),
    reasons: () => [],
    pressedClients: async () => [],
  });
  const server = createServer((_, response) =>
    events.join(response, { right: "read", mayStay: () => true }),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const reader = async () => {
    const peer = await dialPeer({ kind: "tcp", host: "127.0.0.1", port });
    peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return peer;
  };
  const close = async () => {
    events.close();
    server.close();
    await once(server, "close");
  };
  return { clock, reader, [Symbol.asyncDispose]: close };
}

test("a reader that does not read is closed above 1 MiB unsent; one that reads goes on, and one look serves both", async () => {
  let looks = 0;
  await using world = await told(() => {
    looks += 1;
    return { listeners: [], pools: [], more: "x".repeat(900_000) } as Status;
  });
  const [stalled, reading] = await Promise.all([world.reader(), world.reader()]);
  stalled.stall();
  for (let time = 1; time <= 20; time++) {
    await reading.bytes(time * 900_000);
    await world.clock.run(1_000);
  }
  stalled.listen();
  expect(await stalled.outcome()).toBeDefined();
  expect(stalled.length).toBeLessThan(19 * 900_000);
  expect(looks).toBeLessThanOrEqual(22);
  reading.reset();
  await reading.outcome();
  await world.clock.run(2_000);
  const after = looks;
  await world.clock.run(5_000);
  expect(looks).toBe(after);
});

/** When what a reader was told was so, by the clock of a test. */
function timesIn({ text }: Peer): number[] {
  return [...text.matchAll(/data: \{"at":"([^"]+)"/g)].map(([, at = ""]) => Date.parse(at));
}

test("a reader that joins between two looks is told when the earlier one was", async () => {
  await using world = await told(() => ({ listeners: [], pools: [] }));
  const first = await world.reader();
  await eventually(() => expect(timesIn(first)).toEqual([0]));
  await world.clock.run(1_000);
  await eventually(() => expect(timesIn(first)).toEqual([0, 1_000]));
  await world.clock.run(900);
  const later = await world.reader();
  await eventually(() => expect(timesIn(later)).toEqual([1_000]));
  await world.clock.run(100);
  await eventually(() => expect(timesIn(later)).toEqual([1_000, 2_000]));
  for (const reader of [first, later]) reader.reset();
});

test("a first message above 1 MiB is no lag, however slowly it is read", async () => {
  const large = { listeners: [], pools: [], more: "x".repeat(8_000_000) } as Status;
  let status = large;
  await using world = await told(() => status);
  const reader = await world.reader();
  reader.stall();
  await world.clock.run(1_000);
  status = { listeners: [], pools: [] };
  for (let time = 0; time < 5; time++) await world.clock.run(1_000);
  reader.listen();
  await reader.bytes(8_000_000);
  reader.reset();
});

test("a reader whose token is revoked is told nothing more", async () => {
  const path = join(await ownFolder(), "tokens");
  const [kept, gone] = ["k", "g"].map((letter) => `${letter.repeat(11)}0123456789abcdefghijkl`);
  await writeFile(path, `kept read ${kept}\ngone read ${gone}\n`, { mode: 0o600 });
  await using api = await administered(adminFile(`tokenFile: "${path}"`));
  const readers = await Promise.all(
    [kept, gone].map(async (token) => {
      const reader = await api.dial();
      reader.send(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      await reader.bytes(500);
      return reader;
    }),
  );
  await writeFile(path, `kept read ${kept}\n`);
  await api.running.control.reload();
  const [staying, leaving] = readers as [Peer, Peer];
  expect(await leaving.outcome()).toBeDefined();
  const before = staying.length;
  await staying.bytes(before + 1);
  staying.reset();
});
