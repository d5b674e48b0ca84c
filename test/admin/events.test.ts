import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Events } from "#lb/admin/events";
import type { Status } from "#lb/control/status";
import { ManualClock } from "../support/manual-clock.ts";
import { NotedLog } from "../support/noted-log.ts";
import { dialPeer, type Peer } from "../support/peer.ts";
import { adminFile, administered, ownFolder } from "./administered.ts";

const LARGE = { listeners: [], pools: [], more: "x".repeat(900_000) } as Status;

test("a reader that does not read is closed above 1 MiB unsent; one that reads goes on, and one look serves both", async () => {
  const clock = new ManualClock();
  let looks = 0;
  const status = async () => {
    looks += 1;
    return LARGE;
  };
  const events = new Events({ clock, status, log: new NotedLog() });
  const server = createServer((_, response) => events.join(response, () => true)).listen(0, "127.0.0.1");
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
