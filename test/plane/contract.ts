import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type BackendSettings, MOST_BACKENDS } from "#lb/contract/backend";
import type { ClientEntry } from "#lb/contract/clients";
import type { Report } from "#lb/contract/report";
import type { Sample } from "#lb/contract/sample";
import type { Snapshot } from "#lb/contract/snapshot";
import type { Endpoint } from "#lb/core/address";
import type { Plane } from "#lb/plane/plane";
import { plainBackend } from "../support/backends.ts";
import { refusing } from "../support/dead-ends.ts";
import { politeFleet } from "../support/fleet.ts";
import { plainListener, plainPool } from "../support/lab.ts";
import { backend, dialPeer, echo, type Peer, within } from "../support/peer.ts";

/** A plane that a test has opened, and how its time passes. */
export interface OpenPlane extends AsyncDisposable {
  readonly plane: Plane;
  /** The work, while which time goes on. */
  inTime<T>(work: Promise<T>): Promise<T>;
}

/** What each Plane promises, wherever it runs. */
export function describePlane(name: string, open: () => OpenPlane | Promise<OpenPlane>): void {
  describe(name, () => {
    test("applies a snapshot, and says where each listener really listens", async () => {
      await using servers = await politeFleet("a");
      await using made = await opened(open, snapshot(servers.members));
      const { listeners } = await made.plane.apply(snapshot(servers.members));
      expect(listeners).toEqual([{ name: "main", endpoint: made.endpoint }]);
      expect(await made.served()).toBe("a");
    });

    test("rejects a snapshot that it cannot apply, and changes nothing", async () => {
      await using servers = await politeFleet("a", "b");
      const [a, b] = servers.members as [Member, Member];
      await using made = await opened(open, snapshot([a]));
      const taken = made.plane.apply(snapshot([b], { endpoint: b.endpoint }));
      await expect(taken).rejects.toThrow("EADDRINUSE");
      const tooMany = made.plane.apply(snapshot(many(MOST_BACKENDS + 1)));
      await expect(tooMany).rejects.toThrow(`at most ${MOST_BACKENDS} backends`);
      expect(await made.served()).toBe("a");
    });

    test("changes one pool or one client alone, and says where there is no such part", async () => {
      await using servers = await politeFleet("a", "b");
      const [a, b] = servers.members as [Member, Member];
      await using made = await opened(open, snapshot([a]));
      const { plane } = made;
      expect(await plane.change({ kind: "pool", reason: "told so", pool: poolOf([b]) })).toBe("done");
      expect(await made.served()).toBe("b");
      expect(
        await plane.change({ kind: "pool", reason: "told so", pool: { ...poolOf([a]), name: "q" } }),
      ).toBe("not-found");
      expect(await plane.change({ kind: "client", client: CLIENT })).toBe("done");
      expect(await plane.clients()).toEqual([{ id: "u", tokens: 5 }]);
      expect(await plane.change({ kind: "client", client: { ...CLIENT, capacity: 3 } })).toBe("done");
      expect(await plane.clients()).toEqual([{ id: "u", tokens: 3 }]);
      expect(await plane.change({ kind: "client-removed", id: "u" })).toBe("done");
      expect(await plane.change({ kind: "client-removed", id: "u" })).toBe("not-found");
      expect(await made.served()).toBe("b");
    });

    test("rejects a pool for which there is no room, and changes nothing", async () => {
      await using servers = await politeFleet("a");
      await using made = await opened(open, snapshot(servers.members));
      const change = made.plane.change({
        kind: "pool",
        reason: "told so",
        pool: poolOf(many(MOST_BACKENDS + 1)),
      });
      await expect(change).rejects.toThrow(`at most ${MOST_BACKENDS} backends`);
      expect(await made.served()).toBe("a");
    });

    test("obeys orders, and says where what they are about is not there", async () => {
      await using servers = await politeFleet("a");
      const [a] = servers.members as [Member];
      await using made = await opened(open, snapshot([a]));
      const { plane } = made;
      const verdict = { kind: "verdict", pool: "main", entry: "a", reason: "told so" } as const;
      expect(await plane.order({ ...verdict, endpoint: a.endpoint, alive: false })).toBe("done");
      expect((await plane.sample()).pools[0]?.backends).toMatchObject([{ name: "a", operational: "down" }]);
      expect(await plane.order({ ...verdict, endpoint: a.endpoint, alive: true })).toBe("done");
      expect(await plane.order({ ...verdict, endpoint: ELSEWHERE, alive: true })).toBe("not-found");
      expect(await plane.order({ ...verdict, pool: "q", endpoint: a.endpoint, alive: true })).toBe(
        "not-found",
      );
      const drain = { kind: "drain", pool: "main", withinMs: Infinity } as const;
      expect(await plane.order({ ...drain, backend: "a" })).toBe("done");
      expect(await plane.order({ ...drain, backend: "b" })).toBe("not-found");
      const rebalance = { kind: "rebalance", share: 1, withinMs: 0 } as const;
      expect(await plane.order({ ...rebalance, pool: "main" })).toBe("done");
      expect(await plane.order({ ...rebalance, pool: "q" })).toBe("not-found");
      const fill = { kind: "fill", clients: [{ id: "u", tokens: 3 }] } as const;
      expect(await plane.order(fill)).toBe("not-found");
      await plane.change({ kind: "client", client: CLIENT });
      expect(await plane.order(fill)).toBe("done");
      const stranger = { id: "nobody", tokens: 1 };
      expect(await plane.order({ kind: "fill", clients: [stranger, { id: "u", tokens: 2 }] })).toBe(
        "not-found",
      );
      expect(await plane.clients()).toEqual([{ id: "u", tokens: expect.closeTo(2) }]);
      expect(await plane.order(fill)).toBe("done");
      expect(await plane.clients()).toEqual([{ id: "u", tokens: expect.closeTo(3) }]);
      for (const session of ["zz", "", "-1", "1.5", "NaN", "\u0000"])
        expect(await plane.order({ kind: "kill", session })).toBe("not-found");
    });

    test("gives the live numbers, and the sessions that live, the oldest first and at most so many", async () => {
      await using server = await backend(echo);
      await using made = await opened(open, snapshot([{ name: "a", endpoint: server.endpoint }]));
      for (const text of ["1", "22", "333"]) {
        const client = await made.client();
        client.send(text);
        await client.bytes(text.length);
      }
      const sessions = await made.plane.sessions(2);
      expect(sessions).toMatchObject([
        { listener: "main", pool: "main", backend: "a", bytesIn: 1, bytesOut: 1, heldBytes: 0 },
        { bytesIn: 2, bytesOut: 2 },
      ]);
      expect(await made.plane.sessions(Infinity)).toHaveLength(3);
      expect(await made.plane.sessions(0)).toEqual([]);
      expect(await made.plane.session(sessions[1]?.id as string)).toMatchObject({ bytesIn: 2, bytesOut: 2 });
      for (const id of ["zz", "", "-1"]) expect(await made.plane.session(id)).toBeUndefined();
      const [first] = sessions;
      expect(await made.plane.order({ kind: "kill", session: first?.id as string })).toBe("done");
      expect(await made.clients[0]?.outcome()).toBe("end");
      made.clients[0]?.finish();
      await made.when("the end of a session", ({ listeners }) => listeners[0]?.active === 2);
      const sample = await made.plane.sample();
      expect(sample).toMatchObject({
        listeners: [{ name: "main", leaving: false, active: 2, sessions: 3, endings: { killed: 1 } }],
        pools: [{ name: "main", queued: 0, backends: [{ name: "a", active: 2, connected: 3, failed: 0 }] }],
      });
    });

    test("gives the numbers of some pools alone, and what some clients have left", async () => {
      await using servers = await politeFleet("a");
      await using made = await opened(open, snapshot(servers.members));
      const { plane } = made;
      expect((await plane.sample({ pools: ["q", "main"] })).pools.map(({ name }) => name)).toEqual(["main"]);
      expect((await plane.sample({ pools: ["main"], entry: "a" })).pools[0]?.backends).toMatchObject([
        { name: "a" },
      ]);
      for (const entry of ["b", null])
        expect((await plane.sample({ pools: ["main"], entry })).pools).toMatchObject([
          { usable: 1, backends: [] },
        ]);
      expect(await plane.sample({ pools: [] })).toMatchObject({ listeners: [{ name: "main" }], pools: [] });
      await plane.change({ kind: "client", client: CLIENT });
      await plane.change({ kind: "client", client: { ...CLIENT, id: "v", addresses: ["10.0.0.0/9"] } });
      expect(await plane.clients(["v", "w"])).toEqual([{ id: "v", tokens: 5 }]);
    });

    test("says which blocks other clients have, however they are spelled", async () => {
      await using made = await opened(open, snapshot([]));
      const { plane } = made;
      await plane.change({ kind: "client", client: CLIENT });
      const asked = ["10.0.0.0/9", "::ffff:10.0.0.0/104", "unix"];
      expect(await plane.blocksTaken(asked, "v")).toEqual(["::ffff:10.0.0.0/104"]);
      expect(await plane.blocksTaken(asked, "u")).toEqual([]);
      await plane.change({ kind: "client-removed", id: "u" });
      expect(await plane.blocksTaken(asked, "v")).toEqual([]);
    });

    test("gives decisions, recorded since they were asked for", async () => {
      await using servers = await politeFleet("a");
      await using made = await opened(open, snapshot(servers.members));
      await made.served();
      expect(await made.plane.decisions({ limit: 10 })).toEqual({
        decisions: [],
        recording: "off",
        leftOut: 0,
      });
      await made.served();
      expect(await made.plane.decisions({ limit: 10 })).toMatchObject({
        recording: "asked",
        decisions: [
          { chosen: "a", how: "ranked", client: "127.0.0.1", pool: "main", algorithm: "round-robin" },
        ],
      });
    });

    test("records decisions always where the snapshot says so, and no more once another does not", async () => {
      await using servers = await politeFleet("a");
      const wanted = { ...snapshot(servers.members), decisions: "always" } as const;
      await using made = await opened(open, wanted);
      await made.served();
      expect(await made.plane.decisions({ limit: 10 })).toMatchObject({
        recording: "always",
        decisions: [{ chosen: "a" }],
      });
      await made.plane.apply({ ...wanted, decisions: "asked" });
      expect(await made.plane.decisions({ limit: 0 })).toMatchObject({ recording: "asked", decisions: [] });
    });

    test("tells how late its own timers came, from when it is asked first", async () => {
      await using made = await opened(open, snapshot([]));
      expect(sum((await made.plane.loopDelay()).counts)).toBe(0);
      await made.until("a timer", async () => sum((await made.plane.loopDelay()).counts) > 1);
    });

    test("tells several listeners what happens, in its order, session records only where they are wanted", async () => {
      await using servers = await politeFleet("a", "b");
      await using made = await opened(open, snapshot(servers.members));
      const others: Report[] = [];
      made.plane.subscribe((batch) => void others.push(...batch), { records: false });
      await made.served();
      await made.when("the end of a session", ({ listeners }) => listeners[0]?.active === 0);
      const a = { ...member(servers.members[0] as Member), state: "maint" } as const;
      await made.plane.change({
        kind: "pool",
        reason: "told so",
        pool: poolOf([a, servers.members[1] as Member]),
      });
      await made.told("backend");
      expect(kindsOf(made.reports)).toEqual(["session", "backend"]);
      expect(kindsOf(others)).toEqual(["backend"]);
    });

    test("tells a listener nothing once it is disposed of, and builds no record that no listener wants", async () => {
      await using servers = await politeFleet("a");
      await using made = await opened(open, snapshot(servers.members));
      made.subscription[Symbol.dispose]();
      await made.served();
      await made.when("the end of a session", ({ listeners }) => listeners[0]?.active === 0);
      const late: Report[] = [];
      made.plane.subscribe((batch) => void late.push(...batch), { records: true });
      await made.served();
      await made.until("a record", () => late.length > 0);
      expect(made.reports).toEqual([]);
      expect(kindsOf(late)).toEqual(["session"]);
    });

    test("tells every kind of what it tells", async () => {
      await using dead = await refusing();
      await using server = await backend(echo);
      const a = { name: "a", endpoint: server.endpoint };
      await using made = await opened(open, snapshot([a]));
      const leaving = await made.client();
      leaving.send("x");
      await leaving.bytes(1);
      await made.plane.change({
        kind: "pool",
        reason: "told so",
        pool: poolOf([{ ...member(a), state: "drain" }]),
      });
      await made.refused();
      leaving.reset();
      await made.when("the end of a session", ({ listeners }) => listeners[0]?.active === 0);
      await made.plane.change({
        kind: "pool",
        reason: "told so",
        pool: poolOf([{ name: "dead", endpoint: dead.endpoint }]),
      });
      await made.refused();
      await made.plane.change({
        kind: "pool",
        reason: "told so",
        pool: { ...poolOf([a]), localAddress: "192.0.2.1" },
      });
      await made.refused();
      const unusable = { idleMs: 1n as unknown as number };
      await made.plane.apply(snapshot([a], unusable));
      await made.refused();
      await made.told("bug");
      await made.told("own-fault");
      expect(new Set(kindsOf(made.reports))).toEqual(
        new Set(["session", "backend", "drained", "no-backend", "unanswered", "own-fault", "bug"]),
      );
    });

    test("closes, says how many sessions were cut, and tells of each before that", async () => {
      await using server = await backend((peer) => peer.send("a"));
      await using made = await opened(open, snapshot([{ name: "a", endpoint: server.endpoint }]));
      for (let i = 0; i < 3; i++) await (await made.client()).bytes(1);
      for (const peer of [...made.clients, ...server.peers]) peer.socket.on("end", () => peer.finish());
      expect(await made.close(1_000)).toBe(3);
      const endings = made.reports.map((each) => (each.kind === "session" ? each.record.ending : each.kind));
      expect(endings).toEqual(["shutdown", "shutdown", "shutdown"]);
      await expect(dialPeer(made.endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    });
  });
}

const ELSEWHERE: Endpoint = { kind: "tcp", host: "127.0.0.9", port: 9 };
const CLIENT: ClientEntry = { id: "u", addresses: ["10.0.0.0/8"], capacity: 5, ratePerSec: 0.001 };

type Member = { readonly name: string; readonly endpoint: Endpoint } & Partial<BackendSettings>;

/** A plane with a snapshot applied, its reports, and clients that are broken off at the end. */
class Opened implements AsyncDisposable {
  readonly reports: Report[] = [];
  readonly clients: Peer[] = [];
  readonly subscription: Disposable;
  endpoint: Endpoint = ELSEWHERE;

  constructor(readonly open: OpenPlane) {
    this.subscription = this.plane.subscribe((batch) => void this.reports.push(...batch), { records: true });
  }

  get plane(): Plane {
    return this.open.plane;
  }

  async client(): Promise<Peer> {
    const client = await dialPeer(this.endpoint);
    this.clients.push(client);
    return client;
  }

  /** Who serves a client, which finishes then. */
  async served(): Promise<string> {
    const client = await this.client();
    const by = await client.bytes(1);
    client.finish();
    await client.closed();
    return by.toString();
  }

  /** A client that nobody serves has come and gone. */
  async refused(): Promise<void> {
    const client = await this.client();
    expect(await client.outcome()).toBe("end");
    client.finish();
    await client.closed();
  }

  when(what: string, holds: (sample: Sample) => boolean): Promise<void> {
    return this.until(what, async () => holds(await this.plane.sample()));
  }

  /** Resolves when a report of that kind was told. */
  told(kind: Report["kind"]): Promise<void> {
    return this.until(`a report: ${kind}`, () => kindsOf(this.reports).includes(kind));
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    let over = false;
    const look = async () => {
      while (!(over || (await holds()))) await turn();
    };
    await within(what, this.open.inTime(look())).finally(() => {
      over = true;
    });
  }

  close(graceMs: number): Promise<number> {
    return this.open.inTime(this.plane.close({ graceMs }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.reset();
    await this.close(0);
    await this.open[Symbol.asyncDispose]();
  }
}

async function opened(open: () => OpenPlane | Promise<OpenPlane>, wanted: Snapshot): Promise<Opened> {
  const made = new Opened(await open());
  const { listeners } = await made.plane.apply(wanted);
  made.endpoint = listeners[0]?.endpoint as Endpoint;
  return made;
}

function snapshot(backends: readonly Member[], listener: Partial<typeof plainListener> = {}): Snapshot {
  return {
    listeners: [{ ...plainListener, ...listener }],
    pools: [poolOf(backends)],
    clients: { default: undefined, list: [] },
  };
}

function poolOf(backends: readonly Member[]) {
  return { ...plainPool, backends: backends.map(member) };
}

function member(settings: Member): BackendSettings {
  return { ...plainBackend, ...settings };
}

/** So many backends that nobody listens for. */
function many(count: number): Member[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `m${n}`,
    endpoint: { kind: "tcp", host: "127.0.0.1", port: n + 1 },
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function kindsOf(reports: readonly Report[]): string[] {
  return reports.map(({ kind }) => kind);
}
