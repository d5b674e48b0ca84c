import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Endpoint, formatEndpoint, parseEndpoint } from "#lb/core/address";
import { openFiles } from "#lb/core/open-files";
import { balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { enginesHere } from "../support/engines.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { canForbid } from "../support/forbidden-calls.ts";
import { backend, dialPeer, echo, type Peer } from "../support/peer.ts";
import { canOpen } from "../support/process.ts";

const DIST = new URL("../../dist/", import.meta.url).href;
/** Above what 16 bits can tell, or as high as this machine lets a process go. */
const HIGH = canOpen(68_000) ? 66_000 : openFiles() - 2_000;
/** From the hundredth on, io_uring fears for the dials of a burst of clients. */
const SCARCE_FROM_100 = 8_192 + 100;

describe.each(enginesHere)("a balancer by %s", (engine) => {
  const flags = ["--transport", engine];

  test("that is stopped again and again while bytes pass loses none", async () => {
    const bytes = randomBytes(40 << 20);
    await using server = await backend(echo);
    await using balancer = await balancerProcess("first", [server.endpoint], {}, ...flags);
    const client = await dialPeer(balancer.endpoint);
    client.send(bytes);
    for (let part = 1; part <= 10; part++) {
      await client.bytes((bytes.length / 16) * part);
      balancer.signal("SIGSTOP");
      // A stopped process has nothing to tell; the peers' queues fill meanwhile.
      await sleep(50);
      balancer.signal("SIGCONT");
    }
    client.finish();
    expect(await client.outcome()).toBe("end");
    expect(digest(client.received)).toBe(digest(bytes));
    balancer.signal("SIGTERM");
    expect(await balancer.exit()).toMatchObject({ code: 0 });
    const { length } = bytes;
    expect(balancer.records).toMatchObject([{ ending: "done", bytesIn: length, bytesOut: length }]);
  });

  test("leaves no byte of a session that dies in the middle to another", async () => {
    const size = 4 << 20;
    await using server = await backend(echo);
    await using balancer = await balancerProcess("first", [server.endpoint], {}, ...flags);
    const clients = await Promise.all(Array.from({ length: 24 }, () => dialPeer(balancer.endpoint)));
    for (const [nth, client] of clients.entries()) client.send(Buffer.alloc(size, nth));
    const dying = clients.filter((_, nth) => nth % 3 === 0);
    const stalled = clients.filter((_, nth) => nth % 3 === 1);
    for (const client of stalled) client.stall();
    for (const client of dying) {
      await client.bytes(1 << 18);
      client.reset();
    }
    for (const client of stalled) client.listen();
    for (const [nth, client] of clients.entries())
      if (!dying.includes(client))
        expect((await client.bytes(size)).equals(Buffer.alloc(size, nth))).toBe(true);
  });

  test.skipIf(!canForbid())("to which splice(2) is forbidden passes bulk on all the same", async () => {
    const bytes = randomBytes(10 << 20);
    await using server = await backend(echo);
    const launch = { forbidden: [process.arch === "x64" ? 275 : 76] };
    await using balancer = await balancerProcess("first", [server.endpoint], launch, ...flags);
    const client = await dialPeer(balancer.endpoint);
    client.send(bytes);
    expect(digest(await client.bytes(bytes.length))).toBe(digest(bytes));
  });

  test(`takes descriptors above ${HIGH} for what they are`, async () => {
    await using opening = await fileOf(
      `import { openSync } from "node:fs";
       import { isMainThread } from "node:worker_threads";
       if (isMainThread) for (let n = 0; n < ${HIGH}; n++) openSync("/dev/null");`,
      "opening.mjs",
    );
    await using server = await backend(echo);
    const launch = { openFiles: HIGH + 2_000, env: { NODE_OPTIONS: `--import ${opening.path}` } };
    await using balancer = await balancerProcess("first", [server.endpoint], launch, ...flags);
    const clients = await Promise.all(Array.from({ length: 20 }, () => dialPeer(balancer.endpoint)));
    for (const client of clients) client.send("from far above");
    for (const client of clients) expect((await client.bytes(14)).toString()).toBe("from far above");
    for (const client of clients) client.finish();
    for (const client of clients) expect(await client.outcome()).toBe("end");
  });

  test.skipIf(!canOpen(SCARCE_FROM_100))(
    "whose descriptors get scarce and are so no more serves all that come",
    async () => {
      await using server = await backend(echo);
      const launch = { openFiles: SCARCE_FROM_100 };
      await using balancer = await balancerProcess("first", [server.endpoint], launch, ...flags);
      for (let round = 0; round < 3; round++) {
        const clients: Peer[] = [];
        for (let nth = 0; nth < 60; nth++) {
          const client = await dialPeer(balancer.endpoint);
          client.send("here");
          expect((await client.bytes(4)).toString()).toBe("here");
          clients.push(client);
        }
        for (const client of clients) client.finish();
        for (const client of clients) expect(await client.outcome()).toBe("end");
      }
    },
  );

  test("that clients come to at many listeners at once refuses whom it has no place for, and tells of each", async () => {
    await using server = await backend(echo);
    const address = formatEndpoint(server.endpoint);
    const listeners = Array.from({ length: 16 }, (_, nth) => ({
      name: `from-${nth}`,
      listen: "127.0.0.1:0",
      pool: "p",
    }));
    const config = { listeners, pools: { p: { backends: [{ address }] } } };
    await using file = await fileOf(JSON.stringify(config), "many.json");
    await using balancer = await configuredBalancer(file.path, { openFiles: 300 }, ...flags);
    await balancer.line(/"msg":"started"/);
    const places = Number((await balancer.line(/enough for (\d+) sessions/))[1]);
    const all = [...balancer.stdout.matchAll(/"address":"([^"]+)","msg":"listening"/g)];
    balancer.signal("SIGSTOP");
    const burst = all.flatMap(([, at]) => Array(30).fill(parseEndpoint(at as string)) as Endpoint[]);
    const clients = await Promise.all(burst.map((each) => dialPeer(each)));
    balancer.signal("SIGCONT");
    await eventually(() => expect(balancer.records).toHaveLength(clients.length - places));
    expect(new Set(balancer.records.map(({ ending }) => ending))).toEqual(new Set(["listener-full"]));
    for (const client of clients) client.reset();
  });

  test.each(["accepted", "received", "drained", "finished", "gone"])(
    "ends with a fatal line where its own code throws when a stream is %s",
    async (event) => {
      await using breaking = await fileOf(breakingAt(event), "breaking.mjs");
      await using server = await backend(echo);
      const env = { NODE_OPTIONS: `--import ${breaking.path}` };
      await using balancer = await balancerProcess("first", [server.endpoint], { env }, ...flags);
      const client = await dialPeer(balancer.endpoint);
      client.stall();
      client.send(randomBytes(20 << 20));
      client.finish();
      await sleep(100);
      client.listen();
      expect(await balancer.exit()).toMatchObject({ code: 1, signal: null });
      const fatal = balancer.stdout.split("\n").filter((line) => line.includes('"level":"fatal"'));
      expect(fatal).toEqual([expect.stringContaining("a defect of this test")]);
      client.reset();
    },
  );
});

/** A module by which the data plane's thread throws when a connection is told of that. */
function breakingAt(event: string): string {
  return `
    import { isMainThread } from "node:worker_threads";
    if (!isMainThread) {
      const { NativeConnection } = await import("${DIST}transport/native/connection.js");
      NativeConnection.prototype["${event === "accepted" ? "carriedBy" : event}"] = () => {
        throw new Error("a defect of this test");
      };
    }`;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
