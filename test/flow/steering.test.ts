import { describe, expect, test } from "vitest";
import { MOST_BACKENDS } from "#lb/contract/backend";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { type Fleet, fleet, politeFleet } from "../support/fleet.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { nameServiceOf } from "../support/name-service.ts";
import { type Peer, TestBackend } from "../support/peer.ts";
import { type Steered, steered } from "../support/steered.ts";

/** Of a timed drain. */
const STEPS = 20;

describe("a word said of a backend", () => {
  test.each([
    ["state: drain", { state: "drain" }, "bbbb"],
    ["state: maint", { state: "maint" }, "bbbb"],
    ["weight: 0", { weight: 0 }, "bbbb"],
    ["weight: 3", { weight: 3 }, "aaba"],
  ] as const)(
    "acts at once, and survives a reload that does not change the value: %s",
    async (_, said, order) => {
      await using servers = await fleet("a", "b");
      await using balancer = await steered(config(servers), systemClock);
      expect(await balancer.steering.setBackend("p", "a", said)).toEqual({ kind: "done" });
      expect(sorted(await balancer.served1by1(4))).toBe(sorted(order));
      await balancer.reload(config(servers, { connect: "7s" }));
      expect(balancer.lines.at(-1)?.[0]).toBe("reloaded");
      expect(sorted(await balancer.served1by1(4))).toBe(sorted(order));
    },
  );

  test("acts at once and survives a reload: maxConnections", async () => {
    await using servers = await fleet("a", "b");
    await using balancer = await steered(config(servers, { algorithm: "first" }), systemClock);
    await balancer.steering.setBackend("p", "a", { maxConnections: 1 });
    const first = await balancer.served();
    expect([first.by, (await balancer.served()).by]).toEqual(["a", "b"]);
    await balancer.reload(config(servers, { algorithm: "first", connect: "7s" }));
    expect((await balancer.served()).by).toBe("b");
    await balancer.steering.setBackend("p", "a", { maxConnections: 2 });
    expect((await balancer.served()).by).toBe("a");
  });

  test("gives a session that waits the place that it makes", async () => {
    await using servers = await fleet("a");
    await using balancer = await steered(config(servers), systemClock);
    await balancer.steering.setBackend("p", "a", { maxConnections: 1 });
    await balancer.served();
    const waiting = await balancer.client();
    await balancer.when("a session in the queue", ({ pools }) => pools[0]?.queued === 1);
    await balancer.steering.setBackend("p", "a", { maxConnections: null });
    expect((await waiting.bytes(1)).toString()).toBe("a");
  });

  test("is over when the file says something else of that value, and one line says so", async () => {
    await using servers = await fleet("a", "b");
    await using balancer = await steered(config(servers), systemClock);
    await balancer.steering.setBackend("p", "a", { weight: 0, state: "drain" });
    await balancer.reload(config(servers, { a: "weight: 2" }));
    const over = ["the file has the last word", { subject: "p/a", key: "weight", value: 0 }];
    expect(balancer.lines.slice(-2)).toEqual([["reloaded", expect.anything()], over]);
    expect(await balancer.served1by1(3)).toBe("bbb");
    await balancer.reload(config(servers, { a: "weight: 2, state: maint" }));
    await balancer.reload(config(servers, { a: "weight: 2, state: ready" }));
    expect(sorted(await balancer.served1by1(6))).toBe("aaaabb");
  });

  test("null gives the value back to the file, as that is by now", async () => {
    await using servers = await fleet("a", "b");
    await using balancer = await steered(config(servers, { a: "weight: 2" }), systemClock);
    await balancer.steering.setBackend("p", "a", { weight: 0, state: "drain" });
    await balancer.steering.setBackend("p", "a", { state: null });
    expect(await balancer.served1by1(2)).toBe("bb");
    await balancer.steering.setBackend("p", "a", { weight: null });
    expect(sorted(await balancer.served1by1(6))).toBe("aaaabb");
  });

  test("is said of nothing that there is not", async () => {
    await using servers = await fleet("a");
    await using balancer = await steered(config(servers), systemClock);
    for (const [pool, name] of [
      ["p", "z"],
      ["q", "a"],
    ] as const)
      expect(await balancer.steering.setBackend(pool, name, { weight: 0 })).toEqual({
        kind: "refused",
        why: "unknown",
      });
    expect(await balancer.served1by1(1)).toBe("a");
  });

  test("said of name@address it acts on that address alone, said of the name on all, also on those that come", async () => {
    const clock = new ManualClock();
    await using one = await saying("1", "127.0.0.1");
    const { port } = one.endpoint as { port: number };
    await using two = await saying("2", "127.0.0.2", port);
    await using three = await saying("3", "127.0.0.3", port);
    const answers = ["127.0.0.1", "127.0.0.2"];
    const nameService = nameServiceOf(async () => [...answers]);
    const text = pools({ p: `[{ name: web, address: "web.example:${port}" }]` });
    await using balancer = await steered(text, clock, { nameService });
    expect(sorted(await balancer.served1by1(4))).toBe("1122");
    await balancer.steering.setBackend("p", "web@127.0.0.1", { state: "maint" });
    expect(await balancer.served1by1(2)).toBe("22");
    await balancer.steering.setBackend("p", "web", { state: "drain" });
    await balancer.steering.setBackend("p", "web@127.0.0.2", { state: "ready" });
    answers.push("127.0.0.3");
    await clock.run(10_000);
    await balancer.when("a third member", ({ pools: [p] }) => p?.backends.length === 3);
    expect(await balancer.served1by1(2)).toBe("22");
    await balancer.steering.setBackend("p", "web", { state: null });
    expect(sorted(await balancer.served1by1(4))).toBe("2233");
    expect([two.peers.length, three.peers.length]).toEqual([8, 2]);
  });
});

describe("a drain", () => {
  test("takes the sessions off within its time, and leaves them alone without one", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "b");
    await using balancer = await steered(config(servers, { algorithm: "first" }), clock);
    const clients = await holding(balancer, STEPS);
    await balancer.steering.setBackend("p", "a", { state: "drain" });
    await clock.run(60_000);
    expect(told(clients)).toBe(0);
    await balancer.steering.setBackend("p", "a", { state: "drain" }, { withinMs: 20_000 });
    await clock.run(10_000);
    await eventually(() => expect(told(clients)).toBe(10));
    await balancer.steering.setBackend("p", "a", { state: "drain" });
    await clock.run(60_000);
    expect(told(clients)).toBe(10);
  });

  test("of a name takes no sessions off an address of it that is to stay ready", async () => {
    const clock = new ManualClock();
    await using one = await saying("1", "127.0.0.1");
    const { port } = one.endpoint as { port: number };
    await using _two = await saying("2", "127.0.0.2", port);
    const nameService = nameServiceOf(async () => ["127.0.0.1", "127.0.0.2"]);
    const text = pools({ p: `[{ name: web, address: "web.example:${port}" }]` });
    await using balancer = await steered(text, clock, { nameService });
    const served = await Promise.all(Array.from({ length: 2 }, () => balancer.served()));
    await balancer.steering.setBackend("p", "web@127.0.0.1", { state: "ready" });
    await balancer.steering.setBackend("p", "web", { state: "drain" }, { withinMs: 2_000 });
    await clock.run(2_000);
    const ends = () => served.map(({ by, client }) => [by, client.socket.readableEnded]);
    await eventually(() => expect(Object.fromEntries(ends())).toEqual({ 1: false, 2: true }));
  });

  test("is called off when it is given back to a file that wants the backend ready", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "b");
    await using balancer = await steered(config(servers, { algorithm: "first" }), clock);
    const clients = await holding(balancer, STEPS);
    await balancer.steering.setBackend("p", "a", { state: "drain" }, { withinMs: 20_000 });
    await balancer.steering.setBackend("p", "a", { weight: 3 });
    await clock.run(5_000);
    await eventually(() => expect(told(clients)).toBe(5));
    await balancer.steering.setBackend("p", "a", { state: null });
    await clock.run(60_000);
    expect(told(clients)).toBe(5);
  });
});

describe("a backend that is added", () => {
  test("serves at once, keeps its place over a reload, and takes words", async () => {
    await using servers = await fleet("a", "z");
    await using balancer = await steered(config(servers, { only: "a" }), systemClock);
    expect(await balancer.steering.addBackend("p", entry(servers, "z"))).toEqual({ kind: "done" });
    expect(sorted(await balancer.served1by1(4))).toBe("aazz");
    await balancer.reload(config(servers, { only: "a", connect: "7s" }));
    await balancer.steering.setBackend("p", "z", { weight: 3 });
    expect(sorted(await balancer.served1by1(4))).toBe("azzz");
  });

  test("fills a pool that has none in the file", async () => {
    await using servers = await fleet("z");
    await using balancer = await steered(pools({ p: "[]" }), systemClock);
    await balancer.steering.addBackend("p", entry(servers, "z"));
    expect(await balancer.served1by1(2)).toBe("zz");
  });

  test("is refused where its name is taken, or there is no such pool", async () => {
    await using servers = await fleet("a", "z");
    await using balancer = await steered(config(servers, { only: "a" }), systemClock);
    expect(await balancer.steering.addBackend("q", entry(servers, "z"))).toEqual({
      kind: "refused",
      why: "unknown",
    });
    expect(await balancer.steering.addBackend("p", { ...entry(servers, "z"), name: "a" })).toEqual({
      kind: "refused",
      why: "exists",
    });
    expect(await balancer.served1by1(2)).toBe("aa");
  });

  test("is refused where there is no room for it, and changes nothing", async () => {
    await using servers = await fleet("a", "z");
    await using balancer = await steered(crowded(servers, MOST_BACKENDS - 1), systemClock);
    const refused = balancer.steering.addBackend("p", entry(servers, "z"));
    await expect(refused).rejects.toThrow(`expected at most ${MOST_BACKENDS} backends in all`);
    expect(balancer.control.overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(["a"]);
    expect(await balancer.served1by1(2)).toBe("aa");
    await balancer.steering.setBackend("p", "a", { weight: 2 });
    expect(await balancer.served1by1(2)).toBe("aa");
  });

  test("yields to one of the file with its name, with its sessions where that is the same server", async () => {
    await using servers = await fleet("a", "z");
    await using balancer = await steered(config(servers, { only: "a" }), systemClock);
    await balancer.steering.addBackend("p", { ...entry(servers, "z"), weight: 0 });
    await balancer.steering.setBackend("p", "z", { weight: 1 });
    await balancer.served();
    const kept = await balancer.served();
    expect(kept.by).toBe("z");
    await balancer.reload(config(servers));
    const yields = ["a backend of the API yields to one of the file", { pool: "p", backend: "z" }];
    expect(balancer.lines.filter(([message]) => message === yields[0])).toEqual([yields]);
    const { pools: [p] = [] } = await balancer.plane.sample();
    expect(p?.backends.map(({ name, active, weight }) => [name, active, weight])).toEqual([
      ["a", 1, 1],
      ["z", 1, 1],
    ]);
    expect(await balancer.steering.removeBackend("p", "z")).toEqual({ kind: "refused", why: "of-the-file" });
  });

  test("goes with its pool, and one line says so", async () => {
    await using servers = await fleet("a", "z");
    const text = (pool: string) => config(servers, { only: "a" }).replaceAll("p:", `${pool}:`);
    await using balancer = await steered(text("p"), systemClock);
    await balancer.steering.addBackend("p", entry(servers, "z"));
    await balancer.reload(text("p").replace("pool: p }", "pool: q }").replace("{ p:", "{ q:"));
    const gone = ["a backend of the API goes with its pool", { pool: "p", backend: "z" }];
    expect(balancer.lines.filter(([message]) => message === gone[0])).toEqual([gone]);
    expect(await balancer.served1by1(2)).toBe("aa");
  });
});

describe("a backend that is removed", () => {
  test("gets nothing new, and loses its sessions within the time it is given", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "z");
    await using balancer = await steered(config(servers, { only: "a", a: "state: drain" }), clock);
    await balancer.steering.addBackend("p", entry(servers, "z"));
    const clients = await holding(balancer, STEPS);
    expect(await balancer.steering.removeBackend("p", "z", { withinMs: 20_000 })).toEqual({ kind: "done" });
    await balancer.steering.setBackend("p", "a", { state: "ready" });
    expect((await balancer.served()).by).toBe("a");
    await clock.run(10_000);
    await eventually(() => expect(told(clients)).toBe(10));
    await clock.run(10_000);
    await eventually(() => expect(told(clients)).toBe(20));
    await clock.run(1_000);
    const records = await balancer.ended(STEPS);
    expect(records.map(({ backend: by, ending }) => [by, ending])).toEqual(
      Array(STEPS).fill(["z", "drained"]),
    );
    expect(balancer.log.reported).toContainEqual(expect.objectContaining({ kind: "drained", backend: "z" }));
  });

  test("keeps its sessions for as long as they like where it is given no time", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("z");
    await using balancer = await steered(pools({ p: "[]" }), clock);
    await balancer.steering.addBackend("p", entry(servers, "z"));
    const [kept] = (await holding(balancer, 1)) as [Peer];
    await balancer.steering.removeBackend("p", "z");
    await clock.run(500_000);
    expect(kept.socket.readableEnded).toBe(false);
    const refused = await balancer.client();
    expect(await refused.outcome()).toBe("end");
    refused.finish();
    expect(await balancer.ended(1)).toMatchObject([{ ending: "no-backend" }]);
    kept.reset();
    expect((await balancer.ended(2)).at(-1)).toMatchObject({ ending: "client-reset", backend: "z" });
  });

  test("is one that was added; one of the file is not removed", async () => {
    await using servers = await fleet("a");
    await using balancer = await steered(config(servers), systemClock);
    expect(await balancer.steering.removeBackend("p", "a")).toEqual({ kind: "refused", why: "of-the-file" });
    expect(await balancer.steering.removeBackend("p", "z")).toEqual({ kind: "refused", why: "unknown" });
    expect(await balancer.steering.removeBackend("q", "a")).toEqual({ kind: "refused", why: "unknown" });
    expect(await balancer.served1by1(1)).toBe("a");
  });
});

describe("a client", () => {
  const slow = { addresses: ["127.0.0.1"], capacity: 1, ratePerSec: 0.001 };

  test("that is added is limited at once, by what is said of it, until it is removed", async () => {
    await using servers = await fleet("a");
    await using balancer = await steered(limiting(servers), new ManualClock());
    expect(await balancer.steering.addClient({ id: "u", ...slow })).toEqual({ kind: "done" });
    expect(await outcomes(balancer, 2)).toEqual(["client-reset", "rate-limited"]);
    expect(await balancer.steering.setClient("u", { capacity: 3 })).toEqual({ kind: "done" });
    expect(await balancer.steering.fill({ id: "u", tokens: 2 })).toBe("done");
    expect(await balancer.plane.clients()).toEqual([{ id: "u", tokens: 2 }]);
    expect(await outcomes(balancer, 3)).toEqual(["client-reset", "client-reset", "rate-limited"]);
    expect(await balancer.steering.setClient("u", { addresses: ["127.0.0.2"] })).toEqual({ kind: "done" });
    expect(await outcomes(balancer, 1)).toEqual(["client-reset"]);
    expect(await balancer.steering.setClient("u", { addresses: null })).toEqual({ kind: "done" });
    expect(await outcomes(balancer, 1)).toEqual(["rate-limited"]);
    expect(await balancer.steering.removeClient("u")).toEqual({ kind: "done" });
    expect(await outcomes(balancer, 2)).toEqual(["client-reset", "client-reset"]);
    expect(await balancer.plane.clients()).toEqual([]);
  });

  test("of the file keeps what was said of it, and its tokens, over a reload", async () => {
    await using servers = await fleet("a");
    const list = "[{ id: u, addresses: [127.0.0.1], capacity: 1, ratePerSec: 0.001 }]";
    await using balancer = await steered(limiting(servers, list), new ManualClock());
    await balancer.steering.setClient("u", { capacity: 5 });
    await balancer.steering.fill({ id: "u", tokens: 3 });
    await balancer.reload(limiting(servers, list.replace("0.001", "0.002")));
    expect(await balancer.plane.clients()).toEqual([{ id: "u", tokens: 3 }]);
    expect(await balancer.steering.setClient("u", { capacity: null })).toEqual({ kind: "done" });
    expect(await balancer.plane.clients()).toEqual([{ id: "u", tokens: 1 }]);
    expect(await balancer.steering.removeClient("u")).toEqual({ kind: "refused", why: "of-the-file" });
  });

  test("that there is not is told of, and one that there is is not added twice", async () => {
    await using servers = await fleet("a");
    await using balancer = await steered(limiting(servers), systemClock);
    expect(await balancer.steering.setClient("u", { capacity: 5 })).toEqual({
      kind: "refused",
      why: "unknown",
    });
    expect(await balancer.steering.fill({ id: "u", tokens: 3 })).toBe("not-found");
    expect(await balancer.steering.removeClient("u")).toEqual({ kind: "refused", why: "unknown" });
    await balancer.steering.addClient({ id: "u", ...slow });
    expect(await balancer.steering.addClient({ id: "u", ...slow })).toEqual({
      kind: "refused",
      why: "exists",
    });
  });
});

test("a session that is killed ends with that word, and no other does", async () => {
  await using servers = await politeFleet("a");
  await using balancer = await steered(config(servers), systemClock);
  const [one, other] = [await balancer.served(), await balancer.served()];
  const [oldest] = await balancer.plane.sessions(1);
  expect(await balancer.steering.kill(oldest?.id as string)).toBe("done");
  expect(await one.client.outcome()).toBe("end");
  one.client.finish();
  expect(await balancer.ended(1)).toMatchObject([{ id: oldest?.id, ending: "killed" }]);
  expect(other.client.socket.readableEnded).toBe(false);
  expect(await balancer.steering.kill(oldest?.id as string)).toBe("not-found");
});

describe("while a reload waits for a name server that says nothing", () => {
  test("a word acts at once, and holds when the reload comes", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "b");
    const names = namesOf({});
    await using balancer = await steered(config(servers), clock, names);
    const reload = balancer.reload(config(servers, { more: `, { name: c, address: "slow.example:1" }` }));
    await names.asked("slow.example");
    await balancer.steering.setBackend("p", "a", { state: "maint" });
    expect(await balancer.served1by1(3)).toBe("bbb");
    expect(balancer.lines.map(([message]) => message)).toEqual(["listening"]);
    await clock.run(1_000);
    await reload;
    expect(balancer.lines.map(([message]) => message)).toEqual([
      "listening",
      "reloaded",
      "backend not resolved",
    ]);
    expect(await balancer.served1by1(3)).toBe("bbb");
  });

  test("a later reload overtakes it, and is not overwritten by it", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "b");
    const names = namesOf({});
    await using balancer = await steered(config(servers), clock, names);
    const early = balancer.reload(config(servers, { only: "a", more: `, { address: "slow.example:1" }` }));
    await names.asked("slow.example");
    await balancer.reload(config(servers, { only: "b" }));
    expect(await balancer.served1by1(2)).toBe("bb");
    await clock.run(1_000);
    await early;
    expect(await balancer.served1by1(2)).toBe("bb");
    expect(balancer.lines.map(([message]) => message)).toEqual([
      "listening",
      "reloaded",
      "reload overtaken by a later one",
    ]);
  });

  test("one that a later reload overtook serves where that one was refused", async () => {
    const clock = new ManualClock();
    await using servers = await fleet("a", "b");
    const names = namesOf({});
    await using balancer = await steered(config(servers), clock, names);
    const early = balancer.reload(config(servers, { only: "b", more: `, { address: "slow.example:1" }` }));
    await names.asked("slow.example");
    await balancer.reload("listeners: []");
    await clock.run(1_000);
    await early;
    expect(await balancer.served1by1(2)).toBe("bb");
  });
});

test("a change of one pool leaves the turns and the counts of the others alone, and its own members their turns", async () => {
  await using servers = await fleet("1", "2", "3");
  await using others = await fleet("x", "y", "z");
  const text = pools({ p: listOf(servers), q: listOf(others) });
  await using balancer = await steered(text, systemClock);
  expect(await balancer.served1by1(1, "p")).toBe("1");
  expect(await balancer.served1by1(2, "q")).toBe("xy");
  await balancer.steering.setBackend("p", "3", { state: "maint" });
  await balancer.steering.addBackend("p", { ...entry(servers, "3"), name: "again" });
  await balancer.steering.removeBackend("p", "again");
  await balancer.steering.setBackend("p", "3", { state: "ready" });
  expect(await balancer.served1by1(4, "q")).toBe("zxyz");
  expect(await balancer.served1by1(5, "p")).toBe("23123");
  const { pools: sampled } = await balancer.plane.sample();
  expect(sampled.map(({ backends }) => backends.map(({ connected }) => connected))).toEqual([
    [2, 2, 2],
    [2, 2, 2],
  ]);
});

interface Changes {
  readonly algorithm?: string;
  readonly connect?: string;
  /** More of the settings of the backend a. */
  readonly a?: string;
  /** This backend, and no other of the fleet. */
  readonly only?: string;
  /** More entries. */
  readonly more?: string;
}

/** One listener before one pool of a fleet, unprobed. */
function config(servers: Fleet, changes: Changes = {}): string {
  const { algorithm = "round-robin", connect = "2s", more = "" } = changes;
  return `
listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { algorithm: ${algorithm}, timeouts: { connect: ${connect} }, health: { probe: off },
  backends: [${entriesOf(servers, changes).join(", ")}${more}] } }`;
}

/** A listener and an unprobed pool of each name, before these backends. */
function pools(backends: Readonly<Record<string, string>>): string {
  const names = Object.keys(backends);
  const listeners = names.map((name) => `{ name: ${name}, listen: "127.0.0.1:0", pool: ${name} }`);
  const entries = names.map((name) => `  ${name}: { health: { probe: off }, backends: ${backends[name]} }`);
  return `listeners: [${listeners}]\npools:\n${entries.join("\n")}`;
}

/** A listener that limits rates, before a fleet. */
function limiting(servers: Fleet, list = "[]"): string {
  const limited = config(servers).replace("pool: p }", "pool: p, rateLimit: true }");
  return `${limited}\nclients: { list: ${list} }`;
}

/** The first of a fleet in the pool p, and so many other backends in a pool that nobody uses. */
function crowded(servers: Fleet, count: number): string {
  const others = Array.from({ length: count }, (_, n) => ({ address: `127.0.0.2:${n + 1}` }));
  return `${config(servers, { only: "a" }).trimEnd().slice(0, -1)},
  q: { health: { probe: off }, backends: ${JSON.stringify(others)} } }`;
}

function listOf(servers: Fleet): string {
  return `[${entriesOf(servers, {}).join(", ")}]`;
}

function entriesOf(servers: Fleet, { a = "weight: 1", only }: Changes): string[] {
  const members = servers.members.filter(({ name }) => only === undefined || name === only);
  return members.map(({ name, endpoint }) => {
    const more = name === "a" ? `, ${a}` : "";
    return `{ name: "${name}", address: "${formatEndpoint(endpoint)}"${more} }`;
  });
}

/** A backend of a fleet as the API adds it. */
function entry(servers: Fleet, name: string) {
  const found = servers.members.find((each) => each.name === name);
  return { ...plainBackend, name, address: found?.endpoint as Endpoint };
}

/** So many clients that are served. */
async function holding(balancer: Steered, count: number): Promise<Peer[]> {
  const clients: Peer[] = [];
  while (clients.length < count) clients.push((await balancer.served()).client);
  return clients;
}

/** How many of the clients were sent FIN. */
function told(clients: readonly Peer[]): number {
  return clients.filter(({ socket }) => socket.readableEnded).length;
}

/** How so many sessions ended, one after the other; each client breaks off once it is served. */
async function outcomes(balancer: Steered, count: number): Promise<string[]> {
  const before = balancer.records.length;
  for (let i = 1; i <= count; i++) {
    const client = await balancer.client();
    await client.bytes(1).catch(() => {});
    client.reset();
    await balancer.ended(before + i);
  }
  return balancer.records.slice(before).map(({ ending }) => ending);
}

/** A server on a loopback address that says one character to each client. */
async function saying(text: string, host: string, port = 0): Promise<TestBackend> {
  const server = new TestBackend((peer) => peer.send(text));
  await server.listen(port, host);
  return server;
}

/** A name service that answers what it is told to and is silent otherwise; `asked` resolves when it is asked for a name. */
function namesOf(answers: Readonly<Record<string, readonly string[]>>) {
  const asked = new Map<string, Deferred<void>>();
  const askedFor = (name: string) => {
    const each = asked.get(name) ?? new Deferred<void>();
    asked.set(name, each);
    return each;
  };
  const addresses = (name: string) => {
    askedFor(name).resolve();
    return answers[name] === undefined
      ? new Promise<readonly string[]>(() => {})
      : Promise.resolve(answers[name]);
  };
  return {
    nameService: nameServiceOf(addresses),
    asked: (name: string) => askedFor(name).promise,
  };
}

function sorted(text: string): string {
  return [...text].sort().join("");
}
