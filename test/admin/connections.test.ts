import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Connections } from "#lb/admin/connections";
import type { Endpoint } from "#lb/core/address";
import { dialPeer, type Peer } from "../support/peer.ts";
import { adminFile, administered } from "./administered.ts";

test("callers that send half a head, again and again, keep no other out", async () => {
  await using api = await administered(adminFile());
  const half = async () => {
    const peer = await api.dial();
    peer.send("GET /health HTTP/1.1\r\nHost:");
    return peer;
  };
  const peers: Peer[] = [];
  for (let round = 0; round < 10; round += 1) {
    for (let at = 0; at < 16; at += 1) peers.push(await half());
    expect((await api.get("/health")).status).toBe(200);
  }
  for (const peer of peers) peer.reset();
});

test("none get past the bound by another address of the name by which the API listens", async () => {
  const several = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  const spied = vi.spyOn(dns, "lookup").mockImplementation(((...asked: readonly unknown[]) => {
    const [name, options] = asked as [string, dns.LookupOptions];
    const told = asked.at(-1) as Told;
    const first = name === "localhost" ? "127.0.0.1" : name;
    setImmediate(() => (options.all ? told(null, several) : told(null, first, 4)));
  }) as unknown as typeof dns.lookup);
  onTestFinished(() => spied.mockRestore());
  await using api = await administered(adminFile().replace(/(?<=admin: { listen: ")[\d.]+/, "localhost"));
  const { port } = api.endpoint as Endpoint & { readonly kind: "tcp" };
  await expect(dialPeer({ kind: "tcp", host: "127.0.0.2", port })).rejects.toThrow("ECONNREFUSED");
});

test("of one address at most 16 are served, and the one that has had nothing under way for the longest makes room", async () => {
  await using served = await server(64, () => "an address");
  const first = await served.dial();
  const busy: Peer[] = [];
  for (let at = 0; at < 14; at += 1) busy.push(await served.busy());
  const answered = await served.dial();
  answered.send("GET /at-once HTTP/1.1\r\nHost: x\r\n\r\n");
  await answered.bytes(1);
  busy.push(await served.busy());
  expect(await first.outcome()).toBeDefined();
  const next = await served.busy();
  expect(await answered.outcome()).toBeDefined();
  const refused = await served.dial();
  expect(await refused.outcome()).toBeDefined();
  for (const peer of [...busy, next]) peer.reset();
});

test("of those that are not counted by address, all are served that there is room for in all", async () => {
  await using served = await server(20, () => undefined);
  const busy: Peer[] = [];
  for (let at = 0; at < 20; at += 1) busy.push(await served.busy());
  const refused = await served.dial();
  expect(await refused.outcome()).toBeDefined();
  busy.pop()?.reset();
  await expect.poll(() => served.open, { timeout: 50_000 }).toBe(19);
  busy.push(await served.busy());
  for (const peer of busy) peer.reset();
});

/** What dns.lookup calls, with all addresses or one. */
type Told = (error: null, found: object | string, family?: number) => void;

/** An HTTP server that answers nothing but `/at-once`. */
async function server(most: number, keyOf: () => string | undefined) {
  let open = 0;
  const http = createServer((request, response) => {
    if (request.url === "/at-once") response.end("x");
  });
  http.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => {
      open -= 1;
    });
  });
  new Connections(most, keyOf).follow(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const dial = () => dialPeer({ kind: "tcp", host: "127.0.0.1", port });
  const busy = async () => {
    const asked = once(http, "request");
    const peer = await dial();
    peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await asked;
    return peer;
  };
  return {
    dial,
    busy,
    get open() {
      return open;
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
    },
  };
}
