import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { configuredBalancer } from "../support/balancer-process.ts";
import { blackHole } from "../support/dead-ends.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { Fleet } from "../support/fleet.ts";
import { type Lab, lab } from "../support/lab.ts";
import { backend, dialPeer, type Peer } from "../support/peer.ts";
import { needing } from "../support/program.ts";
import { redis, redisServer } from "../support/redis.ts";
import { steered } from "../support/steered.ts";

test("ends the sessions of a backend that probes find down, half-closed ones too, by FIN to both sides", async () => {
  await using scene = await busy("end");
  const { balancer, peers } = scene;
  const [open, finished, served] = scene.clients as [Peer, Peer, Peer];
  finished.finish();
  await eventually(() => expect(peers[1]?.socket.readableEnded).toBe(true));
  peers[2]?.finish();
  expect(await served.outcome()).toBe("end");
  await balancer.verdict("a", false);
  for (const client of [open, finished]) expect(await client.outcome()).toBe("end");
  for (const peer of [peers[0], peers[2]]) expect(await peer?.outcome()).toBe("end");
  for (const end of [...scene.clients, ...peers]) end.finish();
  const records = await balancer.ended(3);
  expect(records.map(({ backend, ending }) => [backend, ending])).toEqual(
    Array(3).fill(["a", "backend-down"]),
  );
  expect(balancer.reports).toMatchObject([
    { kind: "backend", backend: "a", state: "down" },
    { kind: "sessions-ended", pool: "main", backend: "a", sessions: 3, reason: "told so" },
  ]);
  expect(scene.other.socket.readableEnded).toBe(false);
});

test("leaves them alone where they are to be kept", async () => {
  await using scene = await busy("keep");
  await scene.balancer.verdict("a", false);
  scene.clients[0]?.send("still here");
  await scene.peers[0]?.bytes(10);
  expect(scene.balancer.records).toEqual([]);
});

test("ends the sessions of a backend that is put into maintenance, and not of one that drains", async () => {
  await using scene = await busy("end");
  await scene.balancer.set("a", { state: "drain" });
  scene.clients[0]?.send("still here");
  await scene.peers[0]?.bytes(10);
  await scene.balancer.set("a", { state: "maint" });
  for (const client of scene.clients) expect(await client.outcome()).toBe("end");
  for (const end of [...scene.clients, ...scene.peers]) end.finish();
  expect((await scene.balancer.ended(3)).every(({ ending }) => ending === "backend-down")).toBe(true);
});

test("ends those of a backend that drains and is found down", async () => {
  await using scene = await busy("end");
  await scene.balancer.set("a", { state: "drain" });
  await scene.balancer.verdict("a", false);
  for (const client of scene.clients) expect(await client.outcome()).toBe("end");
});

test("ends those of a backend that is down already once the pool is to end them, and tells of each once", async () => {
  await using scene = await busy("keep");
  await scene.balancer.verdict("a", false);
  await scene.balancer.apply({ ...scene.options, onDown: "end" });
  for (const client of scene.clients) expect(await client.outcome()).toBe("end");
  await scene.balancer.apply({ ...scene.options, onDown: "end", attempts: 2 });
  const told = scene.balancer.reports.filter(({ kind }) => kind === "sessions-ended");
  expect(told).toMatchObject([{ backend: "a", reason: "told so" }]);
});

test("a session that is being dialled goes to another backend", async () => {
  await using hole = await blackHole();
  await using servers = await greeting("b");
  const backends = [{ name: "hole", endpoint: hole.endpoint }, ...servers.members];
  await using balancer = await lab({ backends, algorithm: "first", onDown: "end", connectTimeoutMs: 60_000 });
  const client = await balancer.client();
  await balancer.leased(1);
  await balancer.verdict("hole", false);
  expect((await client.bytes(1)).toString()).toBe("b");
  client.reset();
  expect((await balancer.ended())[0]?.attempts).toMatchObject([
    { backend: "hole", error: "backend-down" },
    { backend: "b" },
  ]);
});

test.skipIf(redis === undefined)(
  needing("clients of a Redis server that is no master any more go to the one that is", { redis }),
  async () => {
    await using a = await redisServer();
    await using b = await redisServer();
    await using balancer = await steered(
      `listeners: [{ listen: "127.0.0.1:0", pool: masters }]
pools:
  masters:
    algorithm: first
    onDown: end
    health: { probe: redis, role: master, interval: 50ms }
    backends:
      - { name: a, address: "${formatEndpoint(a.endpoint)}" }
      - { name: b, address: "${formatEndpoint(b.endpoint)}" }`,
      systemClock,
    );
    const { listeners } = await balancer.plane.sample();
    const through = listeners[0]?.endpoint as Endpoint;
    const client = await dialPeer(through);
    client.send("SET key 1\r\n");
    expect((await client.bytes(5)).toString()).toBe("+OK\r\n");
    const operator = await dialPeer(a.endpoint);
    operator.send("REPLICAOF 127.0.0.1 1\r\n");
    expect(await client.outcome()).toBe("end");
    client.finish();
    operator.reset();
    const next = await dialPeer(through);
    next.send("SET key 2\r\n");
    expect((await next.bytes(5)).toString()).toBe("+OK\r\n");
    next.reset();
    await eventually(() =>
      expect(balancer.log.reported).toContainEqual(
        expect.objectContaining({
          kind: "sessions-ended",
          sessions: 1,
          reason: '3 probes in a row failed: expected the role master, got "slave"',
        }),
      ),
    );
  },
);

test("the command logs once how many sessions it ended, and why", async () => {
  const says = { answer: "pong\n" };
  await using server = await backend((peer) => peer.socket.on("data", () => peer.send(says.answer)));
  await using file = await fileOf(`
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools:
      p:
        onDown: end
        health: { probe: line, interval: 20ms }
        backends: [{ name: a, address: "${formatEndpoint(server.endpoint)}" }]`);
  await using balancer = await configuredBalancer(file.path);
  const clients = [await dialPeer(balancer.endpoint), await dialPeer(balancer.endpoint)];
  for (const client of clients) {
    client.send("hello\n");
    await client.bytes(5);
  }
  says.answer = "readonly\n";
  for (const client of clients) {
    expect(await client.outcome()).toBe("end");
    client.finish();
  }
  await balancer.line(
    /"level":"warn".*"pool":"p","backend":"a","sessions":2,"reason":"3 probes in a row failed: [^}]*"msg":"sessions of a backend ended"/,
  );
});

/** Backends that say their names, and never finish by themselves. */
async function greeting(...names: readonly string[]): Promise<Fleet> {
  const made = new Fleet();
  for (const name of names) await made.start(name, (peer) => peer.send(name));
  return made;
}

/** Three sessions on a backend a, and one on b. */
async function busy(onDown: "keep" | "end") {
  const peers: Peer[] = [];
  const servers = new Fleet();
  await servers.start("a", (peer) => {
    peers.push(peer);
    peer.send("a");
  });
  await servers.start("b", (peer) => peer.send("b"));
  const options = { backends: servers.members, algorithm: "first", onDown } as const;
  const balancer: Lab = await lab(options);
  const clients: Peer[] = [];
  while (clients.length < 3) clients.push((await balancer.served()).client);
  await balancer.set("a", { weight: 0 });
  const { client: other } = await balancer.served();
  await balancer.set("a", { weight: 1 });
  return {
    balancer,
    options,
    clients,
    /** Their other ends. */
    peers,
    other,
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await servers[Symbol.asyncDispose]();
    },
  };
}
